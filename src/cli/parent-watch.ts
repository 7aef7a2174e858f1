// Notices that the supervisor is gone, however it went: a pipe that it holds open ends with it.
import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import { usageError } from './cli-error.ts';

/** Calls `onGone` once when the pipe, whose other end only the supervisor holds, has ended. It does not keep the process alive. */
export function watchParent(fd: number, onGone: () => void): void {
  if (!isPipe(fd)) {
    const remedy = 'unset it; only `switchboard up` sets it, for the programs that it starts';
    throw usageError(`SWITCHBOARD_PARENT_FD: the descriptor ${fd} is not an open pipe`, remedy);
  }
  const pipe = new Socket({ fd, readable: true, writable: false });
  pipe.on('error', () => {});
  pipe.once('close', onGone);
  // The end is only seen behind the data, so whatever comes is read and thrown away.
  pipe.resume();
  pipe.unref();
}

/** Pipes of Node's own making are sockets. */
function isPipe(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false;
  }
}
