// @hot
// The methods that most requests have, as constants, so that comparing them later compares pointers.

/** The method in the first `length` characters of `text`; case matters. */
export function methodFrom(text: string, length: number): string {
  switch (length) {
    case 3:
      if (text.startsWith('GET')) return 'GET';
      if (text.startsWith('PUT')) return 'PUT';
      break;
    case 4:
      if (text.startsWith('POST')) return 'POST';
      if (text.startsWith('HEAD')) return 'HEAD';
      break;
    case 5:
      if (text.startsWith('PATCH')) return 'PATCH';
      break;
    case 6:
      if (text.startsWith('DELETE')) return 'DELETE';
      break;
    case 7:
      if (text.startsWith('OPTIONS')) return 'OPTIONS';
      if (text.startsWith('CONNECT')) return 'CONNECT';
      break;
  }
  return text.slice(0, length);
}
