// What a CSDS request asks for: which clients, and whether with the contents of their resources.
import { errorIssue, fail, type Issue, ok, type Result } from '../../base/result.ts';
import type { StringMatcherSpec } from '../../model/route-match-spec.ts';
import { compileRegex } from '../../regex/compile-regex.ts';
import type { ClientStatusRequest } from '../gen/envoy/service/status/v3/csds_pb.ts';
import type { NodeMatcher } from '../gen/envoy/type/matcher/v3/node_pb.ts';
import { DecodeContext } from '../resources/decode-context.ts';
import { decodeStringMatcher } from '../resources/string-matcher.ts';

export interface ClientStatusQuery {
  /** True for the node ids of the clients that are asked about. */
  wantsNode(id: string): boolean;
  /** With the resources themselves. */
  readonly contents: boolean;
}

type Matches = (id: string) => boolean;

export function readClientStatusRequest(request: ClientStatusRequest): Result<ClientStatusQuery> {
  const issues: Issue[] = [];
  const matchers = request.nodeMatchers.map((matcher, index) => {
    const path = `node_matchers[${index}]`;
    const context = new DecodeContext('the request');
    const matches = readMatcher(matcher, context, path);
    issues.push(...context.issues);
    if ((matcher.$unknown?.length ?? 0) > 0) {
      issues.push(errorIssue('has more than a node_id', { path, remedy: 'match by node_id alone' }));
    }
    return matches;
  });
  if (issues.length > 0) return fail(issues);
  return ok({
    wantsNode: (id) => matchers.length === 0 || matchers.some((matches) => matches(id)),
    contents: !request.excludeResourceContents,
  });
}

/** A matcher that says nothing matches every node. */
function readMatcher({ nodeId }: NodeMatcher, context: DecodeContext, path: string): Matches {
  if (nodeId === undefined) return () => true;
  const spec = decodeStringMatcher(nodeId, context, `${path}.node_id`);
  return context.issues.length > 0 ? () => false : compile(spec);
}

function compile(spec: StringMatcherSpec): Matches {
  if (spec.kind === 'regex') {
    const regex = compileRegex(spec.pattern);
    return (id) => regex.ok && regex.value.matches(id);
  }
  const fold = (text: string): string => (spec.ignoreCase === true ? text.toLowerCase() : text);
  const value = fold(spec.value);
  if (spec.kind === 'exact') return (id) => fold(id) === value;
  if (spec.kind === 'prefix') return (id) => fold(id).startsWith(value);
  if (spec.kind === 'suffix') return (id) => fold(id).endsWith(value);
  return (id) => fold(id).includes(value);
}
