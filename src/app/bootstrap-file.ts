// A bootstrap file on disk → what a sidecar runs, or every reason why it cannot.
import { readFileSync } from 'node:fs';
import { codeOf, messageOf } from '../base/coded-error.ts';
import { errorIssue, fail, type Result } from '../base/result.ts';
import type { BootstrapSpec } from '../xds/bootstrap/bootstrap-spec.ts';
import { readBootstrap } from '../xds/bootstrap/read-bootstrap.ts';

/** YAML or JSON. */
export function readBootstrapFile(path: string): Result<BootstrapSpec> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const remedy = 'give the path of an Envoy v3 bootstrap, in YAML or JSON';
    const why = codeOf(error) === 'ENOENT' ? 'there is no such file' : `cannot be read: ${messageOf(error)}`;
    return fail([errorIssue(why, { source: path, remedy })]);
  }
  return readBootstrap(text, path);
}
