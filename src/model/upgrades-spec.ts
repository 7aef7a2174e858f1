// Which protocols a request may upgrade to, as configuration.

/**
 * By name as in the Upgrade field (`:protocol` in HTTP/2), lower case: may it? What is not there may not; `*` stands for every name that is not
 * there. `h2c` is never meant: who asks for it is answered in HTTP/1.1. CONNECT is a matter of routes.
 * Source: HttpConnectionManager.upgrade_configs, RouteAction.upgrade_configs; the `*` is ours.
 */
export type UpgradesSpec = Readonly<Record<string, boolean>>;

export const ANY_PROTOCOL = '*';
