/** One piece of an expression: a character, a class, the ends of a group, an alternative, a count. */
const piece =
  /[A-Za-z0-9/_~:@%=,-]|\\\.|\.|\[\^?[A-Za-z0-9/._~:@%=,]+(?:-[A-Za-z0-9/._~:@%=,]+)*-?\]|[()|]|[+*?]|\{[0-9]{1,3}(?:,[0-9]{0,3})?\}/y;

/**
 * Whether a text is an expression for a path that means the same to every program, and that stays
 * whole between the `^` and the `$` that a proxy's rule puts around it: its groups close, and it
 * has no alternative outside of one (`^/a|/b$` is everything that begins with `/a`). Comments,
 * quotations, assertions and references are no part of it.
 */
export function isPathExpression(text: string): boolean {
  let depth = 0;
  let countable = false;
  piece.lastIndex = 0;
  while (piece.lastIndex < text.length) {
    const [part = ''] = piece.exec(text) ?? [];
    if (part === '') return false;
    if (/^[+*?{]/.test(part)) {
      // A count after a count, or after nothing, means different things to different programs.
      if (!countable) return false;
      countable = false;
      continue;
    }
    if (part === '(') depth++;
    if (part === ')' && --depth < 0) return false;
    if (part === '|' && depth === 0) return false;
    countable = part !== '(' && part !== '|';
  }
  return depth === 0 && compiles(text);
}

/** A class or a count may still be the wrong way round. */
function compiles(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
