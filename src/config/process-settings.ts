// Settings that every program of ours has: its log, and the supervisor that it ends with.
import { LOG_LEVELS } from '../base/log.ts';
import type { Setting } from './setting.ts';
import { choiceType, countType, optionalType } from './setting-types.ts';

export const PROCESS_SETTINGS = [
  {
    name: 'logLevel',
    env: 'SWITCHBOARD_LOG_LEVEL',
    type: choiceType(LOG_LEVELS),
    default: 'info',
    doc: "The least important lines of the program's own log that are written, to standard error.",
  },
  {
    name: 'logFormat',
    env: 'SWITCHBOARD_LOG_FORMAT',
    type: choiceType(['text', 'json']),
    default: 'text',
    doc: 'Whether those lines are text for people or JSON for machines.',
  },
  {
    name: 'parentFd',
    env: 'SWITCHBOARD_PARENT_FD',
    type: optionalType(countType(0, 1_023)),
    default: '',
    doc: 'A file descriptor that ends when the supervisor does (`switchboard up` sets it); the program then drains and exits.',
  },
] as const satisfies readonly Setting[];
