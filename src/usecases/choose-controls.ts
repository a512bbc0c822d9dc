import type { Control } from '../controls/control.ts';
import { JackerError } from '../error.ts';
import { nearestName } from '../settings/suggest.ts';

/** The controls with the given ids, one by one or with commas; all where none are given. Throws `usage` for an unknown one. */
export function chooseControls(
  wanted: readonly string[] | undefined,
  controls: readonly Control[],
): readonly Control[] {
  if (wanted === undefined) return controls;
  const only = wanted.flatMap((ids) => ids.split(',')).filter(Boolean);
  const ids = controls.map((control) => control.id);
  const unknown = only.filter((id) => !ids.includes(id));
  if (unknown.length > 0) {
    throw new JackerError(
      'usage',
      unknown.map((id) => {
        const meant = nearestName(id, ids);
        return {
          what: `there is no control ${id}`,
          hint: meant ? `Did you mean ${meant}?` : `Known: ${ids.join(', ')}.`,
        };
      }),
    );
  }
  return controls.filter((control) => only.includes(control.id));
}
