import type { Observation } from '../controls/control.ts';
import { mergedDocument } from '../controls/compose/merged-document.ts';
import { controls as allControls } from '../controls/registry.ts';
import type { Engine } from '../docker/engine.ts';
import { withMirror } from '../docker/image-reference.ts';
import { JackerError } from '../error.ts';
import { numberOf, textOf } from '../settings/definition.ts';
import { prepareProbes } from '../verify/probe-context.ts';
import { buildReport, type Report } from '../verify/report.ts';
import { runAttacks } from '../verify/run-attacks.ts';
import { runProbes } from '../verify/run-probes.ts';
import type { AppContext } from './app-context.ts';
import { chooseControls } from './choose-controls.ts';
import { connect } from './connect.ts';
import { renderedDigests } from './evidence.ts';
import { prepareProject, renderPrepared, type PreparedProject } from './prepare.ts';

/** The image of attack containers: the one that Jacker's own services run on. */
const toolboxImage = 'node:24-alpine';

/** What to verify. */
export interface VerifyInput {
  /** Also try what must be refused. */
  attack: boolean;
  /** False: try only, read nothing. */
  probe?: boolean;
  /** Only these controls, by id; all by default. */
  only?: readonly string[];
  /** Only these services' container controls and data; all by default. */
  services?: readonly string[];
  /** An image with Node for attack containers; the official one by default. */
  toolbox?: string;
  /** Plays the internet: no container without a need for it may reach it. */
  internetTarget?: { host: string; port: number };
}

/**
 * Reads on the running containers whether every control is in force and, with `attack`, tries the
 * opposite. Changes nothing that lasts. What was found is in the report; nothing is thrown for it.
 * Throws `not-running` where no container of the project runs, `usage` for an unknown control.
 */
export async function verify(context: AppContext, input: VerifyInput): Promise<Report> {
  const { world } = context;
  const chosen = chooseControls(input.only, allControls);
  const prepared = await prepareProject(context);
  const { project, secrets } = prepared;
  const { engine, endpoint } = await connect(context, project.stack);
  try {
    const startedAt = world.clock.now().toISOString();
    const rendered = mergedDocument((await renderPrepared(prepared)).tree);
    const toolbox = input.toolbox ?? mirrored(toolboxImage, prepared);
    if (input.attack) await ensureImage(engine, toolbox, context);
    const known = input.services === undefined ? null : new Set(input.services);
    const probes = await prepareProbes({
      stack:
        known === null
          ? project.stack
          : {
              ...project.stack,
              services: project.stack.services.filter((service) => known.has(service.name)),
            },
      settings: project.settings,
      rendered,
      engine,
      imageLock: prepared.imageLock,
      readSecret: async (name) => {
        const value = await secrets.read(name);
        if (value !== null) return value;
        throw new JackerError('secret-missing', {
          what: 'is missing',
          where: { file: `secrets/${name}` },
          hint: 'Run jacker secrets check.',
        });
      },
      edge: {
        bindAddress: textOf(project.settings, 'BIND_ADDRESS'),
        port: numberOf(project.settings, 'HTTPS_PORT'),
      },
      toolbox,
      // A socket is on the same host as its engine.
      ...(endpoint.kind === 'unix' ? { hostFile: (path) => world.files.readText(path) } : {}),
      ...(input.internetTarget ? { internetTarget: input.internetTarget } : {}),
      clock: world.clock,
      random: world.random,
      signal: world.signal,
    });
    const { containers } = probes.context;
    if (containers.size === 0) {
      throw new JackerError('not-running', {
        what: `no container of ${project.stack.project} runs`,
        hint: 'Start it: jacker up',
      });
    }
    let probed: Observation[] = [];
    if (input.probe ?? true) {
      context.reporter.step('Reading what is in force');
      probed = await runProbes(probes, chosen);
    }
    let attacked: Observation[] = [];
    if (input.attack) {
      context.reporter.step('Trying what must be refused');
      attacked = await runAttacks(probes, chosen, {
        onStart: (control) => context.reporter.progress(control.id, control.title),
      });
    }
    const { version, apiVersion, kernel } = await engine.version();
    return buildReport({
      project: project.stack.project,
      startedAt,
      endedAt: world.clock.now().toISOString(),
      engine: { version, apiVersion, kernel },
      rendered: renderedDigests(rendered),
      images: Object.fromEntries(
        [...containers].map(([service, facts]) => [
          service,
          { id: facts.imageId, reference: facts.config.image },
        ]),
      ),
      controls: chosen,
      probed,
      attacked,
    });
  } finally {
    engine.close();
  }
}

function mirrored(image: string, prepared: PreparedProject): string {
  const mirror = textOf(prepared.project.settings, 'IMAGE_MIRROR');
  return mirror ? withMirror(image, mirror) : image;
}

async function ensureImage(engine: Engine, image: string, context: AppContext): Promise<void> {
  if ((await engine.inspectImage(image)) !== null) return;
  context.reporter.step(`Pulling ${image} for the attack containers`);
  await engine.pullImage(image);
}
