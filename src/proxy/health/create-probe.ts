// The probe for each kind of check. What speaks HTTP or gRPC is loaded with the first check: it takes 15 MB and more.
import type { HealthCheckSpec } from '../../model/health-check-spec.ts';
import type { CheckAnswer, CheckTarget, CreateProbe, Probe, ProbeContext } from './probe.ts';
import { TcpProbe } from './tcp-probe.ts';

type Done = (answer: CheckAnswer) => void;
type LateCheck = Exclude<HealthCheckSpec['check'], { readonly kind: 'tcp' }>;

export const createProbe: CreateProbe = (check, context) =>
  check.kind === 'tcp' ? new TcpProbe(check, context) : new LateProbe(check, context);

async function load(check: LateCheck, context: ProbeContext): Promise<Probe> {
  if (check.kind === 'http') return new (await import('./http-probe.ts')).HttpProbe(check, context);
  return new (await import('./grpc-probe.ts')).GrpcProbe(check, context);
}

/** Stands in until the other is loaded. */
class LateProbe implements Probe {
  readonly #check: LateCheck;
  readonly #context: ProbeContext;
  #probe: Probe | null = null;
  /** Of the check that was asked for last; null = nobody waits for it. */
  #asked: Done | null = null;

  constructor(check: LateCheck, context: ProbeContext) {
    this.#check = check;
    this.#context = context;
  }

  check(target: CheckTarget, done: Done): void {
    this.#asked = done;
    if (this.#probe !== null) this.#ask(this.#probe, target, done);
    else
      void load(this.#check, this.#context).then(
        (probe) => {
          this.#probe ??= probe;
          this.#ask(this.#probe, target, done);
        },
        (error: unknown) => this.#fail(error, done),
      );
  }

  /** Somebody may have asked again, or gone. */
  #ask(probe: Probe, target: CheckTarget, done: Done): void {
    if (this.#asked !== done) return;
    try {
      probe.check(target, done);
    } catch (error) {
      // What configuration wants to be sent cannot be: that must end nothing but this check.
      queueMicrotask(() => this.#fail(error, done));
    }
  }

  #fail(error: unknown, done: Done): void {
    if (this.#asked !== done) return;
    this.#asked = null;
    const detail = error instanceof Error ? error.message : String(error);
    done({ outcome: 'unreachable', detail: `it cannot be asked: ${detail}`, degraded: false });
  }

  abandon(): void {
    this.#asked = null;
    this.#probe?.abandon();
  }

  close(): void {
    this.#asked = null;
    this.#probe?.close();
  }
}
