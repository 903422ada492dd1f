/** Points of a PNG, read by other code than wrote it: 8 bits, RGB with or without alpha, not interlaced. */
import { inflateSync } from 'node:zlib';

export interface Points {
  readonly width: number;
  readonly height: number;
  /** Whether the point is darker than grey. */
  isDark(x: number, y: number): boolean;
}

export function pointsOf(png: Uint8Array): Points {
  const file = Buffer.from(png);
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
  const size = file[25] === 6 ? 4 : 3;
  const packed: Buffer[] = [];
  for (let at = 8; at < file.length; at += 12 + file.readUInt32BE(at))
    if (file.toString('latin1', at + 4, at + 8) === 'IDAT')
      packed.push(file.subarray(at + 8, at + 8 + file.readUInt32BE(at)));
  const points = unfiltered(inflateSync(Buffer.concat(packed)), width * size, height, size);
  return {
    width,
    height,
    isDark: (x, y) => points[y * width * size + x * size] + points[y * width * size + x * size + 1] < 256,
  };
}

function unfiltered(raw: Uint8Array, row: number, height: number, size: number): Uint8Array {
  const out = new Uint8Array(row * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (row + 1)];
    for (let x = 0; x < row; x++) {
      const left = x >= size ? out[y * row + x - size] : 0;
      const up = y > 0 ? out[(y - 1) * row + x] : 0;
      const corner = x >= size && y > 0 ? out[(y - 1) * row + x - size] : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      out[y * row + x] = raw[y * (row + 1) + 1 + x] + guess;
    }
  }
  return out;
}

function paeth(left: number, up: number, corner: number): number {
  const [a, b, c] = [left, up, corner].map((each) => Math.abs(left + up - corner - each));
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

/** Dark points in rows `from` to `to`. */
export function inkIn(png: Uint8Array, from: number, to: number): number {
  const points = pointsOf(png);
  let ink = 0;
  for (let y = from; y < Math.min(to, points.height); y++)
    for (let x = 0; x < points.width; x++) ink += Number(points.isDark(x, y));
  return ink;
}

/** From the first column with a dark point to the last. */
export function inkWidth(png: Uint8Array): number {
  const points = pointsOf(png);
  const columns: number[] = [];
  for (let x = 0; x < points.width; x++)
    for (let y = 0; y < points.height; y++)
      if (points.isDark(x, y)) {
        columns.push(x);
        break;
      }
  return columns.length === 0 ? 0 : columns[columns.length - 1] - columns[0] + 1;
}
