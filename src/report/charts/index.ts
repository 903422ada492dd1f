/** The table of charts, in the order of the page. */
import { causes } from './causes.ts';
import { cgroups } from './cgroups.ts';
import type { Chart } from './chart.ts';
import { components } from './components.ts';
import { overhead } from './overhead.ts';
import { programs } from './programs.ts';
import { rules } from './rules.ts';
import { states } from './states.ts';
import { timeline } from './timeline.ts';

export { draw, type Chart, type Drawing } from './chart.ts';

export const CHARTS: readonly Chart[] = [overhead, components, programs, cgroups, causes, rules, timeline, states];
