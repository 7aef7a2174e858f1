// TrafficPolicies as people write them, right and wrong: the file registry and a real API server must say the same of each.
import { SECTION_NAMES } from '../../src/kube/traffic-policy/traffic-policy.ts';

export interface PolicyCase {
  readonly name: string;
  /** `spec`, as YAML in flow style. */
  readonly spec: string;
  /** `path: message; remedy` of each problem, as it stands in a folder of manifests; none = it is accepted. */
  readonly problems: readonly string[];
}

const TO = 'targetRefs: [{name: web}]';
const DURATION = 'write a duration such as 30s, 1m30s or 250ms, at most 24h';

const valid = (name: string, spec: string): PolicyCase => ({ name, spec: `{${spec}}`, problems: [] });
const invalid = (name: string, spec: string, ...problems: readonly string[]): PolicyCase => ({
  name,
  spec: `{${spec}}`,
  problems,
});

export const POLICY_CASES: readonly PolicyCase[] = [
  valid('one section', `${TO}, timeouts: {request: 10s}`),
  valid(
    'a Service and one of its ports',
    `targetRefs: [{name: web}, {name: web, sectionName: http}], timeouts: {idle: 0s}`,
  ),
  valid(
    'what Gateway API wants written',
    `targetRefs: [{group: "", kind: Service, name: web}], timeouts: {connect: 1s500ms}`,
  ),
  valid('fields that are null', `${TO}, timeouts: {request: 1s, idle: null}, loadBalancer: null`),
  valid(
    'numbers at their bounds',
    `${TO}, loadBalancer: {type: maglev, maglev: {tableSize: 251}, hashBalanceFactor: 100}`,
  ),
  valid(
    'fractions',
    `${TO}, loadBalancer: {type: least-request, panicThreshold: 12.5, leastRequest: {activeRequestBias: 0.5}}`,
  ),
  valid(
    'a whole load balancer',
    `${TO}, loadBalancer: {type: ring-hash, ringHash: {minimumRingSize: 64, maximumRingSize: 64, hashFunction: murmur-hash-2}, slowStart: {window: 30s, aggression: 2, minimumWeightPercent: 5}, locality: any}`,
  ),
  valid('zones that share evenly', `${TO}, loadBalancer: {type: least-request, locality: zone-aware}`),
  valid(
    'zones that share evenly, in every detail',
    `${TO}, loadBalancer: {type: random, locality: zone-aware, zoneAware: {percentage: 90, minimumHosts: 0, failInPanic: true}}`,
  ),
  valid('how often', `${TO}, retries: {attempts: 0}`),
  valid(
    'whole retries',
    `${TO}, retries: {attempts: 3, retryOn: [safe, 5xx, unavailable], statusCodes: [409, 425], backoff: {baseInterval: 25ms, maxInterval: 25ms}}`,
  ),
  valid(
    'single tries, hedges and a budget',
    `${TO}, retries: {perTryTimeout: 200ms, perTryIdleTimeout: 1s, hedgeOnPerTryTimeout: true, budget: {percent: 25, minConcurrent: 10}, rateLimitedBackoff: {resetHeaders: [{name: Retry-After}, {name: X-Reset, format: unix-timestamp}], maxInterval: 1m}}`,
  ),
  valid(
    'retries by headers of answers and of requests',
    `${TO}, retries: {retriableHeaders: [{name: X-Try-Again}, {name: x-why, value: moved}], retriableRequestHeaders: [{name: x-repeatable, value: ""}]}`,
  ),
  valid('so many retries at a time', `${TO}, retries: {maxConcurrent: 0}`),
  valid('sessions, as they are by default', `${TO}, sessionAffinity: {type: session}`),
  valid(
    'sessions by a header, and what else becomes of them',
    `${TO}, sessionAffinity: {type: session, session: {header: {name: x-session}, lifetime: 8h, idleTimeout: 8h, onLoss: hash}, hash: [{type: source-ip}]}`,
  ),
  invalid(
    'sessions that may rest for longer than they last',
    `${TO}, sessionAffinity: {type: session, session: {lifetime: 1h, idleTimeout: 61m}}`,
    'spec.sessionAffinity.session: has an idleTimeout that is longer than lifetime, which ends it first; make it shorter, or remove it',
  ),
  invalid(
    'sessions by a header that frames answers',
    `${TO}, sessionAffinity: {type: session, session: {header: {name: Content-Length}}}`,
    'spec.sessionAffinity.session.header: has a name that says where an answer ends, or belongs to one hop; name another header',
  ),
  valid(
    'what is hashed',
    `${TO}, sessionAffinity: {type: hash, hash: [{type: header, name: X-User, terminal: true}, {type: cookie, name: c, ttl: 1h, path: /a}, {type: query-parameter, name: q}, {type: source-ip}]}`,
  ),
  valid('no affinity', `${TO}, sessionAffinity: {type: none}`),
  valid('nobody is ejected', `${TO}, outlierDetection: {mode: disabled}`),
  valid(
    'a whole outlier detection',
    `${TO}, outlierDetection: {mode: enforce, consecutive5xx: 0, consecutiveGatewayFailure: 3, splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailure: 3, interval: 1s, baseEjectionTime: 5s, maxEjectionTime: 5s, maxEjectionTimeJitter: 0s, maxEjectionPercent: 100, alwaysEjectOneHost: true, successRate: {minimumHosts: 3, requestVolume: 20, stdevFactor: 1.5}, failurePercentage: {threshold: 50}}`,
  ),
  valid(
    'what Envoy has not',
    `${TO}, outlierDetection: {mode: shadow, minHealthyHosts: 2, returnWindow: 30s, worseThanPeers: {gapPercent: 20}, slowerThanPeers: {factor: 3, excess: 50ms, minimumHosts: 2, requestVolume: 10}, callers: {header: x-user, minimum: 3}}`,
  ),
  valid(
    'limits',
    `${TO}, circuitBreakers: {maxConnections: 0, maxConnectionsPerEndpoint: 10, maxPendingRequests: 100, maxRequests: 1000000}`,
  ),
  valid('pods that are asked', `${TO}, healthCheck: {http: {path: /healthz}}`),
  valid(
    'pods that are asked in every way of HTTP',
    `${TO}, healthCheck: {http: {path: "/a?b=c", host: "web:80", expectedStatuses: [{start: 200, end: 204}, {start: 301}]}, port: 8081, interval: 1s, timeout: 500ms, unhealthyThreshold: 1, healthyThreshold: 1, unhealthyInterval: 100ms, noTrafficInterval: 10s}`,
  ),
  valid('pods that are asked by gRPC', `${TO}, healthCheck: {grpc: {service: shop.Cart}}`),
  valid('what a caller may send', `${TO}, rateLimit: {requests: 100}`),
  valid(
    'what a caller may send, in every detail',
    `${TO}, rateLimit: {requests: 1, interval: 50ms, burst: 10, mode: shadow, status: 503, tellLimits: true}`,
  ),
  valid('what pods take well', `${TO}, adaptiveConcurrency: {}`),
  valid(
    'what pods take well, in every detail',
    `${TO}, adaptiveConcurrency: {percentile: 90.5, maxLimit: 10, minLimit: 10, updateInterval: 1s, bufferPercent: 50, status: 429, minRtt: {interval: 30s, jitterPercent: 10, requestCount: 10, minConcurrency: 2}}`,
  ),
  valid('what pods take well, by a known time', `${TO}, adaptiveConcurrency: {minRtt: {fixed: 5ms}}`),
  valid(
    'faults',
    `${TO}, faults: {delay: {duration: 2s, percentage: 0.5}, abort: {httpStatus: 503, percentage: 10}, headers: [{name: x-try, value: "1"}], maxActive: 10}`,
  ),
  valid('faults of gRPC', `${TO}, faults: {abort: {grpcStatus: 14}}`),
  valid(
    'pages of other origins',
    `${TO}, cors: {allowOrigins: ["https://shop.example", "https://*.shop.example:8443"], allowMethods: [PUT], allowHeaders: ["*"], exposeHeaders: [x-total], allowCredentials: true, maxAge: 1h}`,
  ),
  valid(
    'copies',
    `${TO}, mirrors: [{backendRef: {name: next, port: 80}}, {backendRef: {group: "", kind: Service, name: next, namespace: lab, port: 65535}, percentage: 0.5}]`,
  ),
  valid('no copies', `${TO}, mirrors: []`),
  valid(
    'connections',
    `${TO}, connections: {idleTimeout: 0s, maxRequests: 1, maxAge: 100ms, tcpKeepalive: {time: 1s, interval: 1m15s, probes: 127}}`,
  ),
  valid('connections that the operating system asks', `${TO}, connections: {tcpKeepalive: {}}`),
  valid('pods that are dialled', `${TO}, healthCheck: {tcp: {}}`),
  invalid('nothing', '', 'spec.targetRefs: is missing; add it'),
  invalid('no target', 'targetRefs: [], timeouts: {request: 1s}', 'spec.targetRefs: is empty; add an item'),
  invalid('no section', TO, `spec: says nothing of its targets; add one of ${SECTION_NAMES.join(', ')}`),
  invalid(
    'an unknown section',
    `${TO}, timeout: {request: 1s}, timeouts: {request: 1s}`,
    'spec.timeout: is not a field that is known here; did you mean timeouts?',
  ),
  invalid(
    'an unknown field, deep',
    `${TO}, loadBalancer: {type: ring-hash, ringHash: {minimumRingsize: 5}}`,
    'spec.loadBalancer.ringHash.minimumRingsize: is not a field that is known here; did you mean minimumRingSize?',
  ),
  invalid(
    'something else than a Service',
    'targetRefs: [{kind: Deployment, group: apps, name: web}], timeouts: {request: 1s}',
    'spec.targetRefs[0].group: has the unknown value "apps"; leave it out: Services have no group',
    'spec.targetRefs[0].kind: has the unknown value "Deployment"; write one of Service',
  ),
  invalid(
    'a target without a name',
    'targetRefs: [{kind: Service}], timeouts: {request: 1s}',
    'spec.targetRefs[0].name: is missing; add it',
  ),
  invalid(
    'a target with an empty name',
    'targetRefs: [{name: ""}], timeouts: {request: 1s}',
    'spec.targetRefs[0].name: is empty; write a text, or remove it',
  ),
  invalid(
    'the same target twice',
    'targetRefs: [{name: web}, {name: db}, {name: web}], timeouts: {request: 1s}',
    'spec.targetRefs: names the same target twice; remove one of them',
  ),
  invalid(
    'too many targets',
    `targetRefs: [${Array.from({ length: 17 }, (_, i) => `{name: web-${i}}`).join(', ')}], timeouts: {request: 1s}`,
    'spec.targetRefs: has 17 items, and 16 are the most; remove some',
  ),
  invalid(
    'a number for a duration',
    `${TO}, timeouts: {request: 3}`,
    `spec.timeouts.request: must be a text, not 3; ${DURATION}`,
  ),
  invalid(
    'a duration without a unit',
    `${TO}, timeouts: {request: "3"}`,
    `spec.timeouts.request: cannot be "3"; ${DURATION}`,
  ),
  invalid(
    'a fraction of a second',
    `${TO}, timeouts: {request: 1.5s}`,
    `spec.timeouts.request: cannot be "1.5s"; ${DURATION}`,
  ),
  invalid(
    'a duration that is too short, and one that is too long',
    `${TO}, timeouts: {connect: 0s, request: 25h}`,
    'spec.timeouts.request: must be from 0s to 24h; write a duration between them',
    'spec.timeouts.connect: must be from 1ms to 10m; write a duration between them',
  ),
  invalid(
    'an unknown algorithm',
    `${TO}, loadBalancer: {type: least-requests}`,
    'spec.loadBalancer.type: has the unknown value "least-requests"; did you mean least-request?',
  ),
  invalid(
    'no algorithm',
    `${TO}, loadBalancer: {slowStart: {window: 30s}}`,
    'spec.loadBalancer.type: is missing; add it, one of round-robin, least-request, peak-ewma, random, ring-hash, maglev',
  ),
  invalid(
    'options of other algorithms',
    `${TO}, loadBalancer: {type: random, ringHash: {}, maglev: {}, leastRequest: {}, hashBalanceFactor: 150}`,
    'spec.loadBalancer: has leastRequest, which its type does not use; write type: least-request, or remove it',
    'spec.loadBalancer: has ringHash, which its type does not use; write type: ring-hash, or remove it',
    'spec.loadBalancer: has maglev, which its type does not use; write type: maglev, or remove it',
    'spec.loadBalancer: has a hashBalanceFactor, which its type does not use; write type: ring-hash or maglev, or remove it',
  ),
  invalid(
    'options of zones that do not count',
    `${TO}, loadBalancer: {type: random, locality: any, zoneAware: {}}`,
    'spec.loadBalancer: has zoneAware, which its locality does not use; write locality: zone-aware, or remove it',
  ),
  invalid(
    'zones beside a hash',
    `${TO}, loadBalancer: {type: maglev, locality: zone-aware}`,
    'spec.loadBalancer: is zone-aware, and its type sends equal requests to one pod in whatever zone; choose another type, or another locality',
  ),
  invalid(
    'a ring that is larger than its largest',
    `${TO}, loadBalancer: {type: ring-hash, ringHash: {minimumRingSize: 65, maximumRingSize: 64}}`,
    'spec.loadBalancer.ringHash: has a minimumRingSize above its maximumRingSize; make it the smaller one',
  ),
  invalid(
    'a table whose size is no prime',
    `${TO}, loadBalancer: {type: maglev, maglev: {tableSize: 1000}}`,
    'spec.loadBalancer.maglev.tableSize: has the unknown value 1000; write one of 251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 65537, 131071, 524287',
  ),
  invalid(
    'numbers out of their bounds',
    `${TO}, loadBalancer: {type: least-request, leastRequest: {choiceCount: 1}, panicThreshold: 101}, outlierDetection: {maxEjectionPercent: -1}`,
    'spec.loadBalancer.leastRequest.choiceCount: must be from 2 to 100, not 1; write a whole number between them',
    'spec.loadBalancer.panicThreshold: must be from 0 to 100, not 101; write a number between them',
    'spec.outlierDetection.maxEjectionPercent: must be from 0 to 100, not -1; write a whole number between them',
  ),
  invalid(
    'values of other types',
    `${TO}, loadBalancer: {type: least-request, leastRequest: {choiceCount: "2", fullScan: "yes"}, panicThreshold: high}, outlierDetection: [], timeouts: 10s`,
    'spec.loadBalancer.leastRequest.choiceCount: must be a whole number, not "2"; remove the quotes',
    'spec.loadBalancer.leastRequest.fullScan: must be true or false, not "yes"; write true or false without quotes',
    'spec.loadBalancer.panicThreshold: must be a number, not "high"; write a number',
    'spec.timeouts: must be a mapping, not "10s"; write "key: value" lines below it',
    'spec.outlierDetection: must be a mapping, not a list; write "key: value" lines below it',
  ),
  invalid(
    'a fraction where a whole number is meant',
    `${TO}, outlierDetection: {consecutive5xx: 2.5}`,
    'spec.outlierDetection.consecutive5xx: must be a whole number, not 2.5; write a whole number',
  ),
  invalid(
    'a word that YAML takes for false',
    `${TO}, outlierDetection: {mode: off}`,
    'spec.outlierDetection.mode: must be a text, not false; on, off, yes and no are true and false in YAML; write one of enforce, shadow, disabled',
  ),
  invalid(
    'a key that YAML takes for true',
    `${TO}, retries: {on: [5xx]}`,
    'spec.retries.true: is not a field that is known here; on, off, yes and no are true and false in YAML; the fields here are attempts, retryOn, statusCodes, retriableHeaders, retriableRequestHeaders, backoff, rateLimitedBackoff, perTryTimeout, perTryIdleTimeout, hedgeOnPerTryTimeout, budget, maxConcurrent',
  ),
  invalid(
    'a health check of two kinds',
    `${TO}, healthCheck: {http: {path: /}, tcp: {}}`,
    'spec.healthCheck: has not exactly one of http, grpc and tcp; keep or write one',
  ),
  invalid(
    'targets that are no list',
    'targetRefs: web, timeouts: {request: 1s}',
    'spec.targetRefs: must be a list, not "web"; begin each item with "- "',
  ),
  invalid(
    'connections that carry nothing',
    `${TO}, connections: {maxRequests: 0, tcpKeepalive: {probes: 128}}`,
    'spec.connections.maxRequests: must be from 1 to 1000000000, not 0; write a whole number between them',
    'spec.connections.tcpKeepalive.probes: must be from 1 to 127, not 128; write a whole number between them',
  ),
  invalid(
    'connections that are asked within parts of a second',
    `${TO}, connections: {maxAge: 0s, tcpKeepalive: {time: 1s500ms, interval: 10h}}`,
    'spec.connections.maxAge: must be from 100ms to 24h; write a duration between them',
    'spec.connections.tcpKeepalive: has milliseconds, which the operating system does not know here; write whole seconds',
    'spec.connections.tcpKeepalive.interval: must be from 1s to 9h; write a duration between them',
  ),
  invalid(
    'retries by headers that have no name, or none that can be one',
    `${TO}, retries: {retriableHeaders: [{value: a}], retriableRequestHeaders: [{name: "a b"}]}`,
    'spec.retries.retriableHeaders[0].name: is missing; add it: write a name of letters, digits and -',
    'spec.retries.retriableRequestHeaders[0].name: cannot be "a b"; write a name of letters, digits and -',
  ),
  invalid(
    'copies for nobody, for something else, and of more than all',
    `${TO}, mirrors: [{}, {backendRef: {kind: Pod, name: a, port: 0}}, {backendRef: {name: a, port: 80}, percentage: 100.5}]`,
    'spec.mirrors[0].backendRef: is missing; add it',
    'spec.mirrors[1].backendRef.kind: has the unknown value "Pod"; write one of Service',
    'spec.mirrors[1].backendRef.port: must be from 1 to 65535, not 0; write a whole number between them',
    'spec.mirrors[2].percentage: must be from 0 to 100, not 100.5; write a number between them',
  ),
  invalid(
    'outlier detection that is off, and says more',
    `${TO}, outlierDetection: {mode: disabled, consecutive5xx: 3}`,
    'spec.outlierDetection: is disabled, and says more; remove mode: disabled, or the rest',
  ),
  invalid(
    'local failures that are not counted apart',
    `${TO}, outlierDetection: {consecutiveLocalOriginFailure: 3}`,
    'spec.outlierDetection: has consecutiveLocalOriginFailure, which counts only where such failures are counted apart; add splitExternalLocalOriginErrors: true',
  ),
  invalid(
    'a first ejection longer than the longest',
    `${TO}, outlierDetection: {baseEjectionTime: 10m, maxEjectionTime: 5m}`,
    'spec.outlierDetection: has a baseEjectionTime above its maxEjectionTime; make it the shorter one',
  ),
];
