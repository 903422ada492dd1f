/** The table of commands, in the order of the help. */
import type { Command } from '../command.ts';
import { check } from './check.ts';
import { compare } from './compare.ts';
import { cpus } from './cpus.ts';
import { cr3 } from './cr3.ts';
import { formats } from './formats.ts';
import { importTrace } from './import.ts';
import { info } from './info.ts';
import { policies } from './policies.ts';
import { ps } from './ps.ts';
import { record } from './record.ts';
import { replay } from './replay.ts';
import { report } from './report.ts';
import { stat } from './stat.ts';

export const COMMANDS: readonly Command[] = [
  record,
  replay,
  report,
  stat,
  compare,
  info,
  ps,
  cr3,
  importTrace,
  check,
  cpus,
  policies,
  formats,
];
