import { auditStack, type AuditInputs } from '../audit/audit-stack.ts';
import type { StackReport } from '../audit/report-schema.ts';
import { changeService } from '../compose/service-change.ts';
import type { LoadedStack } from '../compose/load-stack.ts';
import { viewOf } from '../controls/compose/stack-view.ts';
import type { Control, ServiceChange, StaticModel } from '../controls/control.ts';
import { controls as allControls } from '../controls/registry.ts';
import { needsOf } from '../remedy/program-needs.ts';
import type { RemedyChange } from '../remedy/remedy-change.ts';
import { weighChange } from '../remedy/weigh-changes.ts';

/** What an examination says: the report, and every change that controls propose for it. */
export interface Examination {
  report: StackReport;
  proposed: RemedyChange[];
}

const nonRoot = 'MED-001';

/** Examines a stack and weighs what its controls propose. What somebody accepted is left alone. */
export function examineStack(
  stack: LoadedStack,
  today: string,
  { waivers = [], host }: Partial<Pick<AuditInputs, 'waivers' | 'host'>> = {},
  controls: readonly Control[] = allControls,
): Examination {
  const found: { control: string; at: string; changes: ServiceChange[] }[] = [];
  let model: StaticModel | undefined;
  const byId = new Map(controls.map((control) => [control.id, control]));
  const report = auditStack({
    controls,
    stack,
    waivers,
    ...(host ? { host } : {}),
    today,
    brief: true,
    fixOf: (finding, seen) => {
      model = seen;
      const changes = byId.get(finding.control)?.fix?.(finding.result, seen) ?? [];
      found.push({ control: finding.control, at: placeId(finding), changes: [...changes] });
      return null;
    },
  });
  model ??= { document: stack.document, open: stack.open };
  const accepted = new Set(
    report.findings.filter(({ waiver, exception }) => waiver ?? exception).map(placeId),
  );
  const users = report.findings
    .filter(({ control, status }) => control === nonRoot && status === 'unknown')
    .flatMap((finding) => userOf(finding.subject, model as StaticModel, placeId(finding)));
  const proposed = [...users, ...found]
    .filter(({ at }) => !accepted.has(at))
    .flatMap(({ control, changes }) =>
      changes.flatMap((change) => weighChange(control, change, model as StaticModel)),
    )
    // What a control asks for may be there while it still fails for another reason.
    .filter(({ service, key, change }) => {
      const before = (stack.document.services[service] ?? {}) as Parameters<
        typeof changeService
      >[0];
      return changeService(before, key, change) !== before;
    });
  return { report, proposed };
}

/** Without `user:` nobody can tell from the file; for a known image its maintainers do. */
function userOf(
  service: string,
  model: StaticModel,
  at: string,
): { control: string; at: string; changes: ServiceChange[] }[] {
  const view = viewOf(model).byName.get(service);
  const user = view && !view.isOpen('user') ? needsOf(view)?.user : undefined;
  if (user === undefined) return [];
  const reason = "the image's own unprivileged user";
  const change: ServiceChange = {
    service,
    key: ['user'],
    change: { kind: 'set', value: user },
    reason,
  };
  return [{ control: nonRoot, at, changes: [change] }];
}

function placeId(finding: { control: string; subject: string; path: readonly string[] }): string {
  return JSON.stringify([finding.control, finding.subject, finding.path]);
}
