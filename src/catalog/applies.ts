import { conditionHolds } from '../settings/condition.ts';
import type { Settings } from '../settings/definition.ts';
import type { Condition } from './manifest.ts';

/** Whether a manifest's `when` applies under the settings; an absent one always does. */
export function applies(when: Condition | undefined, settings: Settings): boolean {
  return when === undefined || conditionHolds(when, settings.values);
}
