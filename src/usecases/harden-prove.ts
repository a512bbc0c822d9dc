import { dirname, join, relative } from 'node:path';
import { loadStack } from '../compose/load-stack.ts';
import { resolveEndpoint } from '../docker/endpoint.ts';
import { createEngine, type Engine } from '../docker/engine.ts';
import { createCredentialLookup } from '../docker/registry-credentials.ts';
import { JackerError } from '../error.ts';
import type { ComposeDocument } from '../harden/compose-model.ts';
import { provenChanges, type Refuted } from '../remedy/proven-changes.ts';
import { reasonNotToTry } from '../remedy/provable.ts';
import type { RemedyChange } from '../remedy/remedy-change.ts';
import { networksWithoutExit, type TrialService } from '../remedy/trial-document.ts';
import type { Grants } from '../remedy/trial-grants.ts';
import { trialOrder } from '../remedy/trial-plan.ts';
import type { AppContext } from './app-context.ts';
import type { HardenInput } from './harden.ts';
import { TrialFiles } from './trial-files.ts';
import { TrialProject } from './trial-project.ts';
import { tryService, type Experiment } from './try-service.ts';

export type { Experiment } from './try-service.ts';

/** How one service came out of its trials. */
export interface TriedService {
  service: string;
  provable: boolean;
  /** Why it was not tried, or what it was left with. */
  why: string;
}

/** What trials on the engine showed. */
export interface Trial {
  /** The scratch project's name. */
  project: string;
  services: TriedService[];
  experiments: Experiment[];
  /** Networks of which no service needs a way out. */
  closedNetworks: string[];
  changes: RemedyChange[];
  /** Keys that a service did not work without, and what it said. */
  refuted: Refuted[];
}

const baselineSeconds = 180;

/**
 * Starts the stack on the engine in a scratch project of its own, as it is, and then takes one
 * privilege after the other from each service, keeping what it needs to stay healthy. Everything
 * that was started is removed, also after an interruption.
 *
 * Nothing of the host gets into it but copies of files beside the Compose file: a service that asks
 * for more is not tried. No image is pulled unless `pull` asks for it.
 */
export async function proveStack(
  { world, reporter }: AppContext,
  input: HardenInput,
  { pull }: { pull: boolean },
): Promise<Trial> {
  const stack = await loadStack(world.files, {
    files: input.files,
    shown: (path) => relative(input.workingDirectory, path) || path,
    ...(input.envFiles ? { envFiles: input.envFiles } : {}),
    ...(input.profiles ? { profiles: input.profiles } : {}),
  });
  const { document } = stack;
  const endpoint = await resolveEndpoint(world);
  if (endpoint.kind !== 'unix') {
    throw new JackerError('usage', {
      what: '--prove needs an engine on this machine',
      why: `the engine is at ${endpoint.host}, where copies of the files are not`,
      hint: 'Run it on the machine of the engine.',
    });
  }
  const engine = createEngine(endpoint, {
    signal: world.signal,
    credentials: createCredentialLookup(world.files, endpoint.environment),
  });
  const id = Buffer.from(world.random.bytes(5)).toString('hex');
  const name = `jacker-trial-${id}`;
  const folder = join(world.env['TMPDIR'] ?? '/tmp', name);
  const services: TriedService[] = [];
  try {
    await engine.version();
    await world.files.makeDirectory(folder, 0o700);
    const copies = new TrialFiles(world.files, dirname(input.files[0] ?? ''), folder);
    const ready = new Map<string, TrialService>();
    for (const service of Object.keys(document.services)) {
      const prepared = await prepare(service, document, {
        engine,
        copies,
        pull,
        step: (text) => reporter.step(text),
      });
      if (typeof prepared === 'string') services.push({ service, provable: false, why: prepared });
      else ready.set(service, prepared);
    }
    dropDependents(document, ready, services);
    if (ready.size === 0) return emptyTrial(name, services);
    const project = new TrialProject({
      name,
      folder,
      engine,
      world,
      endpoint,
      document,
      services: [...ready.values()],
      secretFiles: await copies.secrets(document),
    });
    try {
      return await run(project, document, services, (text) => reporter.step(text));
    } finally {
      reporter.step('removing what was started');
      await project.remove();
    }
  } finally {
    engine.close();
    await world.files.removeTree(folder);
  }
}

async function run(
  project: TrialProject,
  document: ComposeDocument,
  services: TriedService[],
  step: (text: string) => void,
): Promise<Trial> {
  const experiments: Experiment[] = [];
  const refuted: Refuted[] = [];
  const granted = new Map<string, Grants>();
  step(`starting ${project.services.size} services as they are, in ${project.name}`);
  for (const name of trialOrder(document, [...project.services.keys()])) {
    const outcome = (await project.start([name], baselineSeconds)).get(name);
    experiments.push({
      service: name,
      tried: 'as it is',
      result: outcome?.holds ? 'holds' : 'breaks',
      evidence: outcome?.evidence ?? '',
      seconds: outcome?.seconds ?? 0,
    });
    if (!outcome?.holds) {
      const why = `it does not work as it is: ${outcome?.evidence ?? ''}`;
      services.push({ service: name, provable: false, why });
      continue;
    }
    const tried = await tryService(project, name, document, outcome.seconds, step);
    experiments.push(...tried.experiments);
    refuted.push(...tried.refuted);
    granted.set(name, tried.grants);
  }
  const names = [...granted.keys()];
  // One after the other each of them worked; now all of them from the beginning, together.
  step('starting everything with what it was left');
  for (const name of names) {
    const before = project.services.get(name);
    if (before) project.services.set(name, { ...before, attempt: before.attempt + 1 });
  }
  const wait = baselineSeconds;
  const together = names.length === 0 ? new Map() : await project.start(names, wait);
  for (const name of names) {
    const outcome = together.get(name) as { holds: boolean; evidence: string; seconds: number };
    experiments.push({
      service: name,
      tried: 'together with all others, from empty volumes',
      result: outcome.holds ? 'holds' : 'breaks',
      evidence: outcome.evidence,
      seconds: outcome.seconds,
    });
    services.push({
      service: name,
      provable: outcome.holds,
      why: outcome.holds ? '' : `together with all others: ${outcome.evidence}`,
    });
    if (!outcome.holds) granted.delete(name);
  }
  const isolated = [...granted].filter(([, { isolated: closed }]) => closed).map(([name]) => name);
  return {
    project: project.name,
    services,
    experiments,
    closedNetworks: networksWithoutExit(document, new Set(isolated)),
    changes: [...granted].flatMap(([name, grants]) =>
      provenChanges(name, document.services[name] ?? {}, grants),
    ),
    refuted,
  };
}

/** A service as a trial starts it, or why there is none of it. */
async function prepare(
  name: string,
  document: ComposeDocument,
  tools: { engine: Engine; copies: TrialFiles; pull: boolean; step: (text: string) => void },
): Promise<TrialService | string> {
  const why = reasonNotToTry(name, document);
  if (why !== null) return why;
  const service = document.services[name] ?? {};
  const image = service.image ?? '';
  if (image.includes('$')) return `its image ${image} has a variable without a value`;
  let facts = await tools.engine.inspectImage(image);
  if (!facts && tools.pull) {
    tools.step(`pulling ${image}`);
    try {
      await tools.engine.pullImage(image);
    } catch (error) {
      if (!(error instanceof JackerError) || error.code === 'interrupted') throw error;
      return `its image ${image} cannot be pulled: ${error.message.split('\n')[0] ?? ''}`;
    }
    facts = await tools.engine.inspectImage(image);
  }
  if (!facts) return `its image ${image} is not on this engine: docker pull it, or give --pull`;
  const binds = await tools.copies.binds(document, name);
  if (typeof binds === 'string') return `it mounts what cannot be copied: ${binds}`;
  const own = service.healthcheck;
  const ownTest = own?.test === undefined || own.test.length === 0 ? null : own.test;
  const test = own?.disable ? null : (ownTest ?? facts.healthcheck?.test ?? null);
  return {
    name,
    grants: {},
    attempt: 0,
    binds,
    imageVolumes: facts.volumes,
    test: test !== null && [test].flat()[0] === 'NONE' ? null : test,
  };
}

/** A service cannot be tried without what it depends on. */
function dropDependents(
  document: ComposeDocument,
  ready: Map<string, TrialService>,
  services: TriedService[],
): void {
  for (let changed = true; changed;) {
    changed = false;
    for (const name of ready.keys()) {
      const missing = Object.keys(document.services[name]?.depends_on ?? {}).find(
        (needed) => !ready.has(needed),
      );
      if (missing === undefined) continue;
      ready.delete(name);
      services.push({
        service: name,
        provable: false,
        why: `it depends on ${missing}, which is not tried`,
      });
      changed = true;
    }
  }
}

function emptyTrial(project: string, services: TriedService[]): Trial {
  return { project, services, experiments: [], closedNetworks: [], changes: [], refuted: [] };
}
