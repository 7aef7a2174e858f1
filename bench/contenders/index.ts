// The proxies of the HTTP/1.1 scenario, in the order of the printed table.
import type { Contender } from '../contender.ts';
import { envoy } from './envoy.ts';
import { floor } from './floor.ts';
import { haproxy } from './haproxy.ts';
import { httpProxy } from './http-proxy.ts';
import { nginx } from './nginx.ts';
import { switchboard } from './switchboard.ts';
import { switchboardC } from './switchboard-c.ts';
import { undici } from './undici.ts';

export const HTTP1_CONTENDERS: readonly Contender[] = [
  switchboard,
  switchboardC,
  floor,
  nginx,
  haproxy,
  envoy,
  undici,
  httpProxy,
];
