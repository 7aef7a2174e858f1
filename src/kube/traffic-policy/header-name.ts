// Names of header fields and cookies, as a schema holds them.

/** Source: RFC 9110 section 5.6.2, token. */
export const HEADER_NAME = {
  pattern: "^[-!#$%&'*+.^_`|~0-9A-Za-z]{1,128}$",
  maxLength: 128,
  hint: 'write a name of letters, digits and -',
};

/** No answer may have others than its sender has written: they say where it ends, or belong to one hop. */
export const FRAMING_HEADERS = [
  ...['connection', 'content-length', 'expect', 'host', 'keep-alive', 'proxy-connection', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade'],
];
