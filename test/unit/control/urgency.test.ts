// Promises of urgency: whatever may take an endpoint away does not wait, what only adds may.
import { isUrgent } from '../../../src/control/urgency.ts';
import { manifests } from '../../support/manifests.ts';
import { podText, serviceText } from '../../support/mesh-text.ts';

const POD = { name: 'p', ip: '10.0.0.1' };

function slice(endpoints: string, ports = '{port: 80}', service = 'a'): string {
  return `apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s, labels: {kubernetes.io/service-name: ${service}}}\naddressType: IPv4\nports: [${ports}]\nendpoints: [${endpoints}]\n`;
}

const ENDPOINTS = 'apiVersion: v1\nkind: Endpoints\nmetadata: {name: a}\n';
const DEPLOYMENT =
  'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: []}}}\n';
const ONE = '{addresses: [10.0.0.1]}';

const ROWS: readonly (readonly [what: string, before: string, after: string, urgent: boolean])[] = [
  ['a new pod', '', podText(POD), false],
  ['a pod that gets its address', podText({ name: 'p' }), podText(POD), false],
  ['a pod that gets ready', podText({ ...POD, ready: false }), podText(POD), false],
  ['a pod that gets unready', podText(POD), podText({ ...POD, ready: false }), true],
  ['a pod that begins to end', podText(POD), podText({ ...POD, terminating: true }), true],
  ['a pod that has ended', podText(POD), podText({ ...POD, phase: 'Failed' }), true],
  ['a pod with another address', podText(POD), podText({ ...POD, ip: '10.0.0.2' }), true],
  ['a pod with other labels', podText(POD), podText({ ...POD, labels: 'app: b' }), true],
  ['a pod with other ports', podText(POD), podText({ ...POD, ports: '{containerPort: 1}' }), true],
  [
    'a pod whose annotations changed',
    podText(POD),
    podText(POD).replace('{name: p', '{annotations: {a: b}, name: p'),
    false,
  ],
  ['a deleted pod', podText(POD), '', true],
  ['a deleted pod that never had an address', podText({ name: 'p' }), '', false],
  ['a new Service', '', serviceText(), false],
  ['a changed Service', serviceText(), serviceText('ports: [{port: 1}]'), true],
  ['a deleted Service', serviceText(), '', true],
  ['a slice with one more endpoint', slice(ONE), slice(`${ONE}, {addresses: [10.0.0.2]}`), false],
  ['a slice with one endpoint less', slice(ONE), slice(''), true],
  ['an endpoint that gets unready', slice(ONE), slice('{addresses: [10.0.0.1], conditions: {ready: false}}'), true],
  ['an endpoint that gets ready', slice('{addresses: [10.0.0.1], conditions: {ready: false}}'), slice(ONE), false],
  [
    'an endpoint that drains and then stops serving',
    slice('{addresses: [10.0.0.1], conditions: {ready: false, serving: true, terminating: true}}'),
    slice('{addresses: [10.0.0.1], conditions: {ready: false, serving: false, terminating: true}}'),
    true,
  ],
  ['a slice with other ports', slice(ONE), slice(ONE, '{port: 81}'), true],
  ['a slice of another Service', slice(ONE), slice(ONE, '{port: 80}', 'b'), true],
  ['a deleted slice', slice(ONE), '', true],
  ['new Endpoints', '', ENDPOINTS, true],
  ['deleted Endpoints', ENDPOINTS, '', true],
  ['a deleted Deployment', DEPLOYMENT, '', false],
];

describe('urgency', () => {
  it.each(ROWS)('of %s', (_what, before, after, urgent) => {
    const [old = null] = before === '' ? [] : manifests(before);
    const [now = null] = after === '' ? [] : manifests(after);
    expect(isUrgent({ before: old, after: now }, () => false)).toBe(urgent);
  });

  it('of a new slice: the first one of a Service puts its Pods out of force, further ones only add', () => {
    const [now = null] = manifests(slice(ONE));
    expect(isUrgent({ before: null, after: now }, () => false)).toBe(true);
    expect(isUrgent({ before: null, after: now }, () => true)).toBe(false);
  });
});
