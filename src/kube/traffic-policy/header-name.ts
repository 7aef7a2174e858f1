// Names of header fields and cookies, as a schema holds them.

/** Source: RFC 9110 section 5.6.2, token. */
export const HEADER_NAME = {
  pattern: "^[-!#$%&'*+.^_`|~0-9A-Za-z]{1,128}$",
  maxLength: 128,
  hint: 'write a name of letters, digits and -',
};
