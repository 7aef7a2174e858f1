// The name under which this control plane says what became of routes and policies.

/** Source: Gateway API, GatewayController: domain and path. Entries of a status under another name are not ours. */
export const CONTROLLER_NAME = 'switchboard.dev/mesh';
