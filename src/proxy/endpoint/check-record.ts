// What active health checks have found of one endpoint.

export class CheckRecord {
  /** It gets no requests. */
  failing = false;
  /** It says itself that others should be asked first. */
  degraded = false;
  /** Why it is failing, for people. */
  detail = '';
}
