// trace-to-csv.mjs FILE.arrow > FILE.csv: a canonical trace (ptilab import) as CSV, written by Polars (npm nodejs-polars), no code of ptilab.
// Times come out as the file has them; u64 values of a0..a5 as the int64 of the same bits.
import { readFileSync } from 'node:fs';
import pl from 'nodejs-polars';

const frame = pl.readIPC(readFileSync(process.argv[2]));
const texts = frame.columns.filter((name) => !['Int64', 'Int32', 'Int16', 'UInt8'].includes(frame.getColumn(name).dtype.variant));
const plain = frame.withColumns(...texts.map((name) => pl.col(name).cast(pl.Utf8)));
process.stdout.write(plain.writeCSV());
