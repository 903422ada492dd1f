/**
 * ftrace text inside of the page that systrace makes: in scripts of a class of their own, or (older) in one long JavaScript text, a line of the
 * trace on a line of the page:
 *
 * ```
 * <script class="trace-data" type="application/text">     var linuxPerfData = "\
 *              bash-417   [001] …                                      bash-417   [001] …\n\
 * </script>                                                ";
 * ```
 */
import type { OnLine } from '../../text/lines.ts';
import { find, startsWith, wordOf } from '../../text/scan.ts';

const BEGIN = wordOf('class="trace-data"');
const END = wordOf('</script>');
const OLD_BEGIN = wordOf('var linuxPerfData = "');
const OLD_END = wordOf('";');
const OLD_LINE_END = wordOf('\\n\\');

type Part = 'page' | 'script' | 'text';

export class SystracePage {
  #part: Part = 'page';

  /** @param onLine - called for what the page holds of the trace */
  constructor(private readonly onLine: OnLine) {}

  get inside(): boolean {
    return this.#part !== 'page';
  }

  line(data: Uint8Array, from: number, to: number, place: number): void {
    if (this.#part === 'page') {
      if (find(data, from, to, OLD_BEGIN) >= 0) this.#part = 'text';
      else if (find(data, from, to, BEGIN) >= 0 && find(data, from, to, END) < 0) this.#part = 'script';
    } else if (this.#part === 'script' ? find(data, from, to, END) >= 0 : endsWith(data, from, to, OLD_END))
      this.#part = 'page';
    else if (this.#part === 'script') this.onLine(data, from, to, place);
    else this.onLine(data, from, textEnd(data, from, to), place);
  }
}

const endsWith = (data: Uint8Array, from: number, to: number, word: Uint8Array): boolean =>
  to - from >= word.length && startsWith(data, to - word.length, to, word);

/** Without the `\n\` that continues a text of JavaScript on the next line. */
const textEnd = (data: Uint8Array, from: number, to: number): number =>
  endsWith(data, from, to, OLD_LINE_END) ? to - OLD_LINE_END.length : to;
