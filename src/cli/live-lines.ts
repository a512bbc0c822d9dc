import { stripVTControlCharacters } from 'node:util';
import type { Terminal } from '../io/world.ts';

/** Rows at the end of a terminal's output that are written anew in place. */
export interface LiveLines {
  /** Shows the text in the row of that name: a new one at the end, or the one it has. */
  set(name: string, text: string): void;
  /** Leaves the rows as they stand; the next ones begin below whatever is written then. */
  close(): void;
}

const up = (rows: number): string => `\u001b[${rows}A`;
const clearLine = '\u001b[2K';

/**
 * Live rows on stderr. A row is cut to the width of the terminal, because one that wraps would take
 * two and all above it could not be found again. Rows that have left the screen at its top cannot be
 * reached either: where there are as many as the screen has, further changes are appended as lines.
 */
export function createLiveLines(terminal: Pick<Terminal, 'err' | 'errSize'>): LiveLines {
  let rows: string[] = [];
  let names: string[] = [];
  const cut = (text: string): string => {
    const { columns } = terminal.errSize();
    const plain = stripVTControlCharacters(text);
    return plain.length < columns ? text : plain.slice(0, Math.max(0, columns - 1));
  };
  return {
    set: (name, text) => {
      const shown = cut(text);
      const index = names.indexOf(name);
      if (index === -1) {
        names.push(name);
        rows.push(shown);
        terminal.err(`${shown}\n`);
        return;
      }
      if (rows[index] === shown) return;
      rows[index] = shown;
      const distance = rows.length - index;
      if (distance >= terminal.errSize().rows) {
        terminal.err(`${shown}\n`);
        names = [];
        rows = [];
        return;
      }
      const down = distance > 1 ? `\u001b[${distance - 1}B` : '';
      terminal.err(`${up(distance)}\r${clearLine}${shown}${down}\r\n`);
    },
    close: () => {
      names = [];
      rows = [];
    },
  };
}
