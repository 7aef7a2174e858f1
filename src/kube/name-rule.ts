// The forms that Kubernetes allows for names.

export interface NameRule {
  /** What the form is, to finish the sentence "… must be". */
  readonly description: string;
  accepts(name: string): boolean;
}

/** RFC 1123 label: namespaces, Services, host names. (Kubernetes holds Services to RFC 1035 until 1.34, and lifts that later.) */
export const DNS_LABEL: NameRule = {
  description: 'at most 63 lower-case letters, digits and "-", with a letter or digit at both ends',
  accepts: isDnsLabel,
};

/** RFC 1123 subdomain: most other objects. */
export const DNS_SUBDOMAIN: NameRule = {
  description: 'at most 253 lower-case letters, digits, "-" and ".", with a letter or digit at both ends of each part',
  accepts: (name) => name.length <= 253 && name.split('.').every((label) => isDnsLabel(label)),
};

/** The name of a port of a container (IANA service name): at most 15 characters, at least one of them a letter. */
export const PORT_NAME: NameRule = {
  description: 'at most 15 lower-case letters, digits and single "-" inside, with at least one letter',
  accepts: (name) => name.length <= 15 && isDnsLabel(name) && !name.includes('--') && hasLetter(name),
};

export function isDnsLabel(name: string): boolean {
  if (name.length === 0 || name.length > 63 || name.startsWith('-') || name.endsWith('-')) return false;
  for (let i = 0; i < name.length; i++) {
    if (!isLetter(name.charCodeAt(i)) && !isDigitOrDash(name.charCodeAt(i))) return false;
  }
  return true;
}

function hasLetter(name: string): boolean {
  for (let i = 0; i < name.length; i++) if (isLetter(name.charCodeAt(i))) return true;
  return false;
}

function isLetter(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

function isDigitOrDash(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2d;
}
