import { compareTotals } from '../support/corpus-totals.ts';

compareTotals(2, 3);
