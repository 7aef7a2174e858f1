// @hot
// What one endpoint has failed lately, for whoever compares it with its peers.

export class FailureShift {
  /** Answers, and failures of them; both are halved at the end of each interval. */
  total = 0;
  failed = 0;
  /** How much more the answers of the run speak for an endpoint that has gone bad than for one like its peers: a sum of logarithms, ≥ 0. */
  score = 0;
  /** How often it failed just now, 0–1: each answer counts a quarter, the one before it a quarter of the rest. */
  recent = 0;
  /** Since the score was 0 last. */
  runTotal = 0;
  runFailed = 0;

  endRun(): void {
    this.score = 0;
    this.runTotal = 0;
    this.runFailed = 0;
  }
}
