// `npm run check`: what must hold before every commit, in under half a minute, with the time of each step.
import { runJest } from './jest.ts';
import { reportStep, runSteps, STATIC_STEPS } from './steps.ts';

const started = performance.now();
const failed = await runSteps(STATIC_STEPS);
const testsStarted = performance.now();
const { code, interruptedBy } = await runJest(['test/architecture', 'test/unit', 'test/contract']);
const name = 'architecture, unit and contract tests';
reportStep(name, code === 0, performance.now() - testsStarted);
if (code !== 0) failed.push(name);

const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(failed.length === 0 ? `checked in ${seconds} s` : `failed in ${seconds} s: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : interruptedBy === 'SIGINT' ? 130 : 1;
