// Kubernetes' `$(NAME)` in commands, arguments and variable values.

/**
 * `$(NAME)` becomes the value of NAME; an unknown name stays as it stands; `$$(NAME)` is the text `$(NAME)`.
 * Source: k8s.io/kubernetes third_party/forked/golang/expansion; API field Container.command.
 */
export function expandVariables(text: string, variables: ReadonlyMap<string, string>): string {
  let result = '';
  let from = 0;
  for (let dollar = text.indexOf('$'); dollar >= 0; dollar = text.indexOf('$', from)) {
    result += text.slice(from, dollar);
    const next = text[dollar + 1];
    if (next === '$') {
      result += '$';
      from = dollar + 2;
      continue;
    }
    const close = next === '(' ? text.indexOf(')', dollar + 2) : -1;
    if (close < 0) {
      result += '$';
      from = dollar + 1;
      continue;
    }
    result += variables.get(text.slice(dollar + 2, close)) ?? text.slice(dollar, close + 1);
    from = close + 1;
  }
  return result + text.slice(from);
}
