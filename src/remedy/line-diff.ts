/** Lines of context around a change. */
const around = 3;

interface Step {
  kind: ' ' | '-' | '+';
  line: string;
}

/** The difference of two texts as `diff -u` writes it; empty where there is none. */
export function unifiedDiff(before: string, after: string, names: [string, string]): string {
  if (before === after) return '';
  const steps = compare(linesOf(before), linesOf(after));
  const hunks: string[] = [];
  let oldLine = 1;
  let newLine = 1;
  for (let at = 0; at < steps.length;) {
    const next = steps.findIndex(({ kind }, index) => index >= at && kind !== ' ');
    if (next < 0) break;
    const start = Math.max(at, next - around);
    oldLine += start - at;
    newLine += start - at;
    let end = next;
    for (let quiet = 0; end < steps.length && quiet <= 2 * around; end++) {
      quiet = steps[end]?.kind === ' ' ? quiet + 1 : 0;
    }
    while (end > next && trailing(steps, end) > around) end--;
    const part = steps.slice(start, end);
    const olds = part.filter(({ kind }) => kind !== '+').length;
    const news = part.filter(({ kind }) => kind !== '-').length;
    hunks.push(
      `@@ -${oldLine},${olds} +${newLine},${news} @@`,
      ...part.map(({ kind, line }) => `${kind}${line.replace(/\r$/, '')}`),
    );
    oldLine += olds;
    newLine += news;
    at = end;
  }
  return `--- ${names[0]}\n+++ ${names[1]}\n${hunks.join('\n')}\n`;
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Unchanged lines before an end. */
function trailing(steps: readonly Step[], end: number): number {
  let count = 0;
  while (count < end && steps[end - 1 - count]?.kind === ' ') count++;
  return count;
}

/**
 * The shortest way from one list of lines to another: E. Myers, "An O(ND) Difference Algorithm and
 * Its Variations" (1986). Edits of a file are few, so that D is small.
 */
function compare(before: readonly string[], after: readonly string[]): Step[] {
  const most = before.length + after.length;
  let reach = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  search: for (let steps = 0; steps <= most; steps++) {
    trace.push(new Map(reach));
    for (let k = -steps; k <= steps; k += 2) {
      const down =
        k === -steps || (k !== steps && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
      let x = down ? (reach.get(k + 1) ?? 0) : (reach.get(k - 1) ?? 0) + 1;
      while (x < before.length && x - k < after.length && before[x] === after[x - k]) x++;
      reach.set(k, x);
      if (x >= before.length && x - k >= after.length) break search;
    }
  }
  const result: Step[] = [];
  let x = before.length;
  let y = after.length;
  for (let steps = trace.length - 1; steps >= 0; steps--) {
    reach = trace[steps] ?? new Map<number, number>();
    const k = x - y;
    const down =
      k === -steps || (k !== steps && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
    const from = down ? k + 1 : k - 1;
    const fromX = reach.get(from) ?? 0;
    const fromY = fromX - from;
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      result.push({ kind: ' ', line: before[--x] ?? '' });
      y--;
    }
    if (steps === 0) break;
    if (down) result.push({ kind: '+', line: after[--y] ?? '' });
    else result.push({ kind: '-', line: before[--x] ?? '' });
  }
  return result.reverse();
}
