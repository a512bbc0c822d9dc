import { distance } from 'fastest-levenshtein';

/**
 * The known name that a mistyped one most likely means: up to a third of its letters differ, three
 * at most, without regard to case. Undefined where none is that near.
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const wanted = name.toUpperCase();
  let nearest: { candidate: string; difference: number } | undefined;
  for (const candidate of known) {
    const limit = Math.min(3, Math.floor(candidate.length / 3));
    if (Math.abs(candidate.length - wanted.length) > limit) continue;
    const difference = distance(wanted, candidate.toUpperCase());
    if (difference <= limit && difference < (nearest?.difference ?? Infinity)) {
      nearest = { candidate, difference };
    }
  }
  return nearest?.candidate;
}
