// What is sent through a proxy, over HTTP/1.1: one row a workload.

import type { Workload } from './workload.ts';

/** The first one runs when none is named. */
// biome-ignore format: a table
export const WORKLOADS: readonly [Workload, ...Workload[]] = [
  { name: 'small', what: 'GET, 100 bytes back, 64 connections', connections: 64, method: 'GET', path: '/data', bodyBytes: 0, fresh: false },
  { name: '1k', what: 'GET, 1 KiB back, 64 connections', connections: 64, method: 'GET', path: '/1k', bodyBytes: 0, fresh: false },
  { name: '1k-512', what: 'GET, 1 KiB back, 512 connections', connections: 512, method: 'GET', path: '/1k', bodyBytes: 0, fresh: false },
  { name: '64k', what: 'GET, 64 KiB back, 64 connections', connections: 64, method: 'GET', path: '/64k', bodyBytes: 0, fresh: false },
  { name: 'post', what: 'POST of 16 KiB, 100 bytes back, 64 connections', connections: 64, method: 'POST', path: '/data', bodyBytes: 16_384, fresh: false },
  { name: 'fresh', what: 'GET, 100 bytes back, a new connection for each, 64 at once', connections: 64, method: 'GET', path: '/data', bodyBytes: 0, fresh: true },
];
