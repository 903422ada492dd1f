import { compareTotals } from '../support/corpus-totals.ts';

compareTotals(1, 3);
