// @hot
// The head of a simulated request: what the sidecar reads of it, and which request it is.
import { RequestHead } from '../proxy/codec/head.ts';
import type { SimulatedPod } from './simulated-pod.ts';

/** One object a caller's stream, for one request after the other. */
export class SimulatedHead extends RequestHead {
  /** Counted from 0 over all callers. */
  request = 0;
  /** Attempts that have reached for a pod so far. */
  attempts = 0;
  /** The pod whose answer came last; null = none has. */
  answeredBy: SimulatedPod | null = null;

  constructor() {
    super(0);
  }

  /** Says what `template` says. */
  fillFrom(template: RequestHead): void {
    this.text = template.text;
    this.versionMajor = template.versionMajor;
    this.addedField = template.addedField;
    this.fieldCount = template.fieldCount;
    this.offsets = template.offsets;
    this.hopByHop = template.hopByHop;
    this.fieldsStart = template.fieldsStart;
    this.bodyKind = template.bodyKind;
    this.contentLength = template.contentLength;
    this.method = template.method;
    this.target = template.target;
    this.path = template.path;
    this.authority = template.authority;
    this.hostField = template.hostField;
    this.requestIdField = template.requestIdField;
  }
}
