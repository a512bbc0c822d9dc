import { mergedDocument } from '../controls/compose/merged-document.ts';
import type { Control, Severity, StaticModel, StaticResult } from '../controls/control.ts';
import type { StackService } from '../catalog/stack.ts';
import { JackerError, type ErrorLocation, type Problem } from '../error.ts';
import type { RenderedProject } from '../render/render-project.ts';
import { textOf } from '../settings/definition.ts';
import { entryOf } from '../settings/env-file.ts';
import { nearestName } from '../settings/suggest.ts';
import type { AppContext } from './app-context.ts';
import { previewSecrets } from './plan.ts';
import { renderPrepared, type PreparedProject } from './prepare.ts';
import { imageSetting } from './project.ts';

/**
 * The severities at which the floor refuses: what fails in one of them, without an exception that
 * gives a reason, is never started. What fails below is told, and left to the person.
 */
export const refusedSeverities: readonly Severity[] = ['critical', 'high', 'medium'];

/**
 * Runs the static check of every control on what would be rendered from the project's files as they
 * are now. Writes nothing; secrets that are missing are stood in for in memory.
 *
 * @returns what fails below the floor, for a person to know
 * @throws JackerError `floor-violated` with every violation, and every exception that names no
 *   control, changes nothing or has ended: control, service, file and remedy
 */
export async function requireFloor(
  context: Pick<AppContext, 'world'>,
  prepared: PreparedProject,
): Promise<Problem[]> {
  const rendered = await renderForFloor(prepared);
  // Late: every control comes with its probe and its attack.
  const { controls } = await import('../controls/registry.ts');
  const { digest } = await import('../controls/supply-chain/digest.ts');
  const { stack, settings } = prepared.project;
  const files = new Map(
    [...rendered.tree, ...rendered.secret].map(([path, { content }]) => [path, content]),
  );
  const model: StaticModel = {
    document: mergedDocument(rendered.tree),
    project: { stack, settings, files },
  };
  const found = controls.flatMap((control) =>
    (control.static?.(model) ?? []).map((result) => ({ control, result })),
  );
  const failing = found.filter(
    // Every image gets its digest from `up`, before anything starts.
    ({ control, result }) =>
      result.status === 'fail' && result.exception === undefined && control.id !== digest.id,
  );
  const isRefused = ({ control }: { control: Control }): boolean =>
    refusedSeverities.includes(control.severity);
  const problems = [
    ...failing.filter(isRefused).map((one) => violation(prepared, one)),
    ...idleExceptions(stack.services, controls, found, context.world.clock.now()),
  ];
  if (problems.length > 0) throw new JackerError('floor-violated', problems);
  return failing.filter((one) => !isRefused(one)).map((one) => violation(prepared, one));
}

async function renderForFloor(prepared: PreparedProject): Promise<RenderedProject> {
  const { report, ...preview } = await previewSecrets(prepared);
  const secrets = report.missing.length > 0 ? preview.secrets.preview() : preview.secrets;
  // What only a person can give is not there yet: that is for `up` to say, not a matter of the floor.
  for (const name of report.missing) await secrets.write(name, 'to come');
  // Without digests: a tag that floats is no better for being pinned to what it happened to mean.
  return renderPrepared({ ...prepared, secrets, imageLock: {} });
}

function violation(
  prepared: PreparedProject,
  { control, result }: { control: Control; result: StaticResult },
): Problem {
  return {
    what: `${result.subject} fails ${control.id} (${control.severity}): ${control.title}`,
    where: placeOf(prepared, result),
    why: `expected ${result.expected}; it is ${result.seen}`,
    hint: control.remedy,
  };
}

/** The key of `x-jacker` from which a key of the rendered service is derived. */
const needs: Readonly<Record<string, string>> = {
  cap_add: 'exceptions',
  cpus: 'resources',
  healthcheck: 'health',
  mem_limit: 'resources',
  pids_limit: 'resources',
  ports: 'publishes',
  tmpfs: 'writes',
  user: 'identity',
  volumes: 'writes',
};

/** The file that a person wrote and that says so, as far as it can be told. */
function placeOf({ project, overrides }: PreparedProject, result: StaticResult): ErrorLocation {
  const { location, subject } = result;
  const key = location.join('.');
  const service = project.stack.services.find(({ name }) => name === subject);
  if (result.file !== undefined) return { file: result.file, key };
  if (!service || location[0] !== 'services') return { file: 'docker-compose.yml', key };
  const setting = imageSetting(service.definition.name);
  if (location[2] === 'image' && textOf(project.settings, setting) !== '') {
    const line = entryOf(project.env, setting)?.line;
    return { file: project.envPath, key: setting, ...(line === undefined ? {} : { line }) };
  }
  const overridden = overrides.get(subject) as Readonly<Record<string, unknown>> | undefined;
  if (overridden?.[location[2] ?? ''] !== undefined) {
    const [only, ...others] = project.overrides;
    return { file: only !== undefined && others.length === 0 ? only : 'overrides/', key };
  }
  const [first = '', ...rest] = location.slice(2);
  const need = needs[first];
  return service.definition.at(need === undefined ? [first, ...rest] : ['x-jacker', need]);
}

/** Exceptions that would only make a reader believe that something is softer than it is. */
function idleExceptions(
  services: readonly StackService[],
  controls: readonly Control[],
  found: readonly { control: Control; result: StaticResult }[],
  now: Date,
): Problem[] {
  const known = new Map(controls.map((control) => [control.id, control]));
  return services.flatMap((service) =>
    service.exceptions.flatMap((exception): Problem[] => {
      const index = service.definition.manifest.exceptions.indexOf(exception);
      const where = service.definition.at(['x-jacker', 'exceptions', index, 'control']);
      const control = known.get(exception.control);
      const refuse = (what: string, hint: string): Problem[] => [{ what, where, hint }];
      if (!control) {
        const near = nearestName(exception.control, known.keys());
        return refuse(
          `${service.name} has an exception from ${exception.control}, which is no control`,
          `${near ? `Did you mean ${near}? ` : ''}jacker verify --all lists every control.`,
        );
      }
      if (exception.expires !== undefined && exception.expires < now.toISOString().slice(0, 10)) {
        return refuse(
          `the exception of ${service.name} from ${control.id} ended on ${exception.expires}`,
          'Take it out, or judge anew and give a later date.',
        );
      }
      const used = found.some(
        ({ control: { id }, result }) =>
          id === control.id && result.subject === service.name && result.exception !== undefined,
      );
      // Where files cannot show it, only what runs can tell.
      if (used || !control.static) return [];
      return refuse(
        `the exception of ${service.name} from ${control.id} has no effect: the control holds`,
        'Take it out.',
      );
    }),
  );
}
