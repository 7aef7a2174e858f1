// The sick pod: one of five fails half of its requests for a minute. What callers see of it, by default and without.
import { fine, type Outcome, TroubledMesh, troubledBy } from '../../support/troubled-mesh.ts';

const PER_SECOND = 100;
const SECONDS = 60;
const NO_RETRIES = 'switchboard.dev/retries: "0"';
const NO_EJECTION = 'switchboard.dev/outlier-detection: "off"';

interface Row {
  readonly title: string;
  readonly annotations: string;
  readonly method: 'GET' | 'POST';
  readonly answer: 503 | 500 | 'reset';
  /** Percent of callers that see an error: at least, and below. */
  readonly sees: readonly [least: number, below: number];
}

const ROWS: readonly Row[] = [
  {
    title: 'neither retries nor ejection',
    annotations: `${NO_RETRIES}, ${NO_EJECTION}`,
    method: 'GET',
    answer: 503,
    sees: [9, 11],
  },
  { title: 'defaults', annotations: '', method: 'GET', answer: 503, sees: [0, 0.1] },
  { title: 'defaults', annotations: '', method: 'GET', answer: 'reset', sees: [0, 0.1] },
  { title: 'defaults', annotations: '', method: 'POST', answer: 503, sees: [0, 0.5] },
  { title: 'defaults, of what nobody repeats', annotations: '', method: 'GET', answer: 500, sees: [0, 0.5] },
  { title: 'ejection alone', annotations: NO_RETRIES, method: 'GET', answer: 503, sees: [0, 0.5] },
  { title: 'retries alone', annotations: NO_EJECTION, method: 'GET', answer: 503, sees: [0, 0.1] },
];

let mesh: TroubledMesh | null = null;
const table: string[] = [];

afterEach(async () => {
  await mesh?.close();
  mesh = null;
});

// For people: the closing figures of the scenario.
afterAll(() => process.stdout.write(`The sick pod, ${PER_SECOND}/s for ${SECONDS} s\n${table.join('\n')}\n`));

function tell({ title, method, answer }: Row, { errorPercent, attempts, requests }: Outcome): void {
  const share = `${errorPercent.toFixed(2)} %`.padStart(8);
  table.push(
    `  ${title.padEnd(34)} ${method.padEnd(5)} ${String(answer).padEnd(6)} errors ${share}  attempts ${(attempts / requests).toFixed(3)}`,
  );
}

describe('one of five pods that fails half of its requests', () => {
  it.each(ROWS.map((row) => [`${row.title} (${row.method}, ${row.answer})`, row] as const))(
    '%s: shows callers no more errors than promised',
    async (_, row) => {
      const { annotations, method, answer, sees } = row;
      mesh = await TroubledMesh.start(annotations, [troubledBy(answer, 0.5), fine, fine, fine, fine]);
      const outcome = await mesh.run(method, PER_SECOND, SECONDS);
      tell(row, outcome);
      expect(outcome.errorPercent).toBeGreaterThanOrEqual(sees[0]);
      expect(outcome.errorPercent).toBeLessThan(sees[1]);
      if (!annotations.includes(NO_EJECTION)) {
        expect(mesh.stat('outlier_detection.ejections_enforced_worse_than_peers')).toBeGreaterThan(0);
      }
    },
    120_000,
  );
});
