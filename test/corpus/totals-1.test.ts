import { tellIfAbsent } from '../support/corpus.ts';
import { compareTotals } from '../support/corpus-totals.ts';

tellIfAbsent();
compareTotals(0, 3);
