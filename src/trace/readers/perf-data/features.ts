/** What the recorder said of the machine and of itself: the feature sections of a file, or the records of a pipe that hold the same. */
import { viewOf } from './attrs.ts';

/** Feature bits used here. */
export const Feature = {
  tracingData: 1,
  hostname: 3,
  osRelease: 4,
  arch: 6,
  cpuCount: 7,
  cpuDescription: 8,
  cpuId: 9,
  commandLine: 11,
} as const;

/** Content by bit. */
export type Features = ReadonlyMap<number, Uint8Array>;

export const WANTED_FEATURES: ReadonlySet<number> = new Set(Object.values(Feature));

/** A feature that holds one string: `u32 length`, then text padded with NULs. */
export function featureText(section: Uint8Array | undefined, little: boolean): string | undefined {
  if (!section || section.length < 4) return undefined;
  return cString(section.subarray(4, 4 + viewOf(section).getUint32(0, little)));
}

/** A feature that holds a list of strings: `u32 count`, then strings as in {@link featureText}. */
export function featureTexts(section: Uint8Array | undefined, little: boolean): readonly string[] {
  if (!section || section.length < 4) return [];
  const view = viewOf(section);
  const texts: string[] = [];
  let at = 4;
  for (let n = view.getUint32(0, little); n > 0 && at + 4 <= section.length; n--) {
    const length = view.getUint32(at, little);
    texts.push(cString(section.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return texts;
}

const utf8 = new TextDecoder();
/** Text up to the first NUL. */
export function cString(data: Uint8Array): string {
  const nul = data.indexOf(0);
  return utf8.decode(nul < 0 ? data : data.subarray(0, nul));
}
