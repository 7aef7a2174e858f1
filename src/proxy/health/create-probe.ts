// The probe for each kind of check. What speaks HTTP or gRPC is loaded with the first check: it takes 15 MB and more.
import type { HealthCheckSpec } from '../../model/health-check-spec.ts';
import type { CheckAnswer, CheckTarget, CreateProbe, Probe, ProbeContext } from './probe.ts';
import { TcpProbe } from './tcp-probe.ts';

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
  #asked: ((answer: CheckAnswer) => void) | null = null;

  constructor(check: LateCheck, context: ProbeContext) {
    this.#check = check;
    this.#context = context;
  }

  check(target: CheckTarget, done: (answer: CheckAnswer) => void): void {
    if (this.#probe !== null) {
      this.#probe.check(target, done);
      return;
    }
    this.#asked = done;
    void load(this.#check, this.#context).then((probe) => {
      // Somebody may have asked again, or gone.
      if (this.#asked !== done) return;
      this.#asked = null;
      this.#probe = probe;
      probe.check(target, done);
    });
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
