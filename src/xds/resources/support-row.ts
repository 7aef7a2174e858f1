// A row of the table of supported fields: what becomes of the fields of one message type.

export interface FieldSupport {
  /** Fields that we act on, or whose value the decoder checks itself. */
  readonly supported: readonly string[];
  /**
   * Fields that must not be ignored, because the configuration would then mean something else (traffic to another place, in another
   * form, or less protected). `#n` is a field that proto/ does not describe. `every-other` = all that is not supported.
   */
  readonly refused: readonly string[] | 'every-other';
}
