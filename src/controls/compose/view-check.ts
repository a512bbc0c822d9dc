import type { StaticModel, StaticResult } from '../control.ts';
import { judgeServices, type Outcome } from './service-check.ts';
import { viewOf, type ServiceView, type StackView } from './stack-view.ts';

/**
 * Like `checkServices`, for checks that ask for more than a service's own keys.
 *
 * @param keys The service's keys that the check reads; the first is the result's location where the
 *   outcome names none.
 * @param decides Of these keys, those in which a variable without a value leaves all unknown. A check
 *   that names fewer looks at each value: a variable in a path that does not matter is no gap.
 */
export function checkViews(
  model: StaticModel,
  control: string,
  keys: readonly [string, ...string[]],
  check: (view: ServiceView, stack: StackView) => Outcome,
  decides: readonly string[] = keys,
): StaticResult[] {
  const stack = viewOf(model);
  return judgeServices(model, control, decides, keys[0], (view) => check(view, stack));
}

/** True for a text that is a variable without a value and nothing else. */
export function isOnlyVariable(text: string): boolean {
  return /^\$(\w+|\{[^{}]*\})$/.test(text);
}
