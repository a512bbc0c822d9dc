import { isRoot } from '../controls/compose/service-user.ts';
import { ServiceView } from '../controls/compose/stack-view.ts';
import { parseProcessStatus } from '../controls/reading/process-status.ts';
import type { ComposeDocument } from '../harden/compose-model.ts';
import { capabilityName } from '../controls/reading/capability.ts';
import { needsOf } from '../remedy/program-needs.ts';
import type { Refuted } from '../remedy/proven-changes.ts';
import { smallestSet } from '../remedy/smallest-set.ts';
import {
  defaultCapabilities,
  grantsInWords,
  type Grants,
  type Scratch,
} from '../remedy/trial-grants.ts';
import { memoryLimit, pidsLimit, scratchCandidates } from '../remedy/trial-plan.ts';
import type { TrialProject } from './trial-project.ts';

/** One thing that was tried. */
export interface Experiment {
  service: string;
  /** What was tried, for example `without CHOWN`. */
  tried: string;
  result: 'holds' | 'breaks';
  /** A log line or what the engine says, where it broke. */
  evidence: string;
  seconds: number;
}

/** What a service was left with, and how that was found. */
export interface ServiceTrial {
  grants: Grants;
  experiments: Experiment[];
  refuted: Refuted[];
}

/**
 * Takes one privilege after the other from a service that works, and gives back the least that it
 * needs. At the end each capability and folder that it was left with is taken alone: that it breaks
 * without is in the record.
 */
export async function tryService(
  project: TrialProject,
  name: string,
  document: ComposeDocument,
  seconds: number,
  step: (text: string) => void,
): Promise<ServiceTrial> {
  const service = document.services[name] ?? {};
  const facts = await project.container(name);
  const job = !(facts?.state.running ?? false);
  const listening = job ? [] : await project.listening(name);
  project.baselines.set(name, {
    listening,
    complaints: new Set(await project.complaints(name)),
    seconds,
    job,
  });
  const changes = facts ? await project.engine.fileChanges(facts.id) : [];
  const candidates = await userCandidates(project, name, document, facts?.config.user ?? '');
  const modes = await folderModes(project, name, scratchCandidates(changes, service));
  const lab = new Lab(project, name, step);

  if (service.user === undefined || isRoot(service.user)) {
    await lab.firstOf(
      'user',
      candidates.map((user) => ({ user })),
    );
  }
  const given = (service.cap_add ?? []).map(capabilityName).filter((one) => one !== 'ALL');
  const dropped = (service.cap_drop ?? []).map(capabilityName);
  const held = dropped.includes('ALL')
    ? given
    : [...new Set([...defaultCapabilities.filter((one) => !dropped.includes(one)), ...given])];
  const needed = await lab.smallest(held, (capabilities) => ({ capabilities }));
  if (needed) lab.grants = { ...lab.grants, capabilities: needed };
  else lab.refute('cap_drop');
  await lab.keep('security_opt', { noNewPrivileges: true });
  if (service.read_only !== true) await tryReadOnly(lab, modes);
  await lab.keep('networks', { isolated: true });
  if (!job) await tryLimits(lab, project, name);
  await proveMinimal(lab);
  return { grants: lab.grants, experiments: lab.experiments, refuted: lab.refuted };
}

/** Tries grants on one service and keeps the record. */
class Lab {
  grants: Grants = {};
  readonly experiments: Experiment[] = [];
  readonly refuted: Refuted[] = [];
  readonly #project: TrialProject;
  readonly #name: string;
  readonly #step: (text: string) => void;
  readonly #known = new Map<string, boolean>();

  constructor(project: TrialProject, name: string, step: (text: string) => void) {
    this.#project = project;
    this.#name = name;
    this.#step = step;
  }

  /** True where the service works with what it has and this; each case is tried once. */
  async holds(more: Grants, words?: string): Promise<boolean> {
    const grants = { ...this.grants, ...more };
    const id = JSON.stringify([
      grants.user,
      grants.capabilities,
      grants.noNewPrivileges,
      grants.isolated,
      grants.memory,
      grants.pids,
    ]);
    const key = `${id} ${JSON.stringify(grants.scratch ?? null)}`;
    const known = this.#known.get(key);
    if (known !== undefined && words === undefined) return known;
    const tried = words ?? grantsInWords(grants);
    this.#step(`${this.#name}: ${tried}`);
    const outcome = await this.#project.attempt(this.#name, grants);
    this.#known.set(key, outcome.holds);
    this.experiments.push({
      service: this.#name,
      tried,
      result: outcome.holds ? 'holds' : 'breaks',
      evidence: outcome.evidence,
      seconds: Math.round(outcome.seconds * 10) / 10,
    });
    return outcome.holds;
  }

  /** Keeps a grant where the service works with it. */
  async keep(key: string, more: Grants): Promise<boolean> {
    const works = await this.holds(more);
    if (works) this.grants = { ...this.grants, ...more };
    else this.refute(key);
    return works;
  }

  /** Keeps the first of some grants with which it works. */
  async firstOf(key: string, all: readonly Grants[]): Promise<void> {
    for (const more of all) {
      if (!(await this.holds(more))) continue;
      this.grants = { ...this.grants, ...more };
      return;
    }
    if (all.length > 0) this.refute(key);
  }

  /** The smallest part of a set that it needs; null where it breaks even with all of it. */
  async smallest<Item>(
    all: readonly Item[],
    grant: (some: readonly Item[]) => Grants,
  ): Promise<Item[] | null> {
    if (await this.holds(grant([]))) return [];
    if (all.length === 0 || !(await this.holds(grant(all)))) return null;
    return smallestSet(all, (some) => this.holds(grant(some)));
  }

  /** Notes that the last try showed that a key cannot be set. */
  refute(key: string): void {
    const last = this.experiments.findLast(({ result }) => result === 'breaks');
    const why = last ? `${last.tried}: ${last.evidence}` : 'it breaks';
    this.refuted.push({ service: this.#name, key, why });
  }
}

/** Users that a service may work as: the image's, those it becomes itself, owners of its volumes. */
async function userCandidates(
  project: TrialProject,
  name: string,
  document: ComposeDocument,
  user: string,
): Promise<string[]> {
  const found: string[] = [];
  if (user !== '' && !isRoot(user)) found.push(user);
  const view = new ServiceView(name, document.services[name] ?? {}, undefined, undefined);
  const known = needsOf(view)?.user;
  if (known !== undefined) found.push(known);
  for (const path of ['/proc/1/status', ...(await childStatus(project, name))]) {
    const ids = parseProcessStatus((await project.ask(name, ['cat', path])) ?? '');
    const [uid, gid] = [ids?.uids[1] ?? 0, ids?.gids[1] ?? 0];
    if (uid !== 0) found.push(`${uid}:${gid}`);
  }
  const facts = await project.container(name);
  for (const { target, type } of facts?.mounts ?? []) {
    if (type !== 'volume') continue;
    const owner = (await project.ask(name, ['stat', '-c', '%u:%g', target]))?.trim() ?? '';
    if (/^\d+:\d+$/.test(owner) && !isRoot(owner)) found.push(owner);
  }
  // Nobody: enough for a program that owns nothing.
  found.push('65534:65534');
  return [...new Set(found)];
}

async function childStatus(project: TrialProject, name: string): Promise<string[]> {
  const text = await project.ask(name, ['sh', '-c', 'echo /proc/[0-9]*']);
  const paths = (text ?? '').trim().split(/\s+/).slice(0, 12);
  return paths
    .filter((path) => /^\/proc\/\d+$/.test(path) && path !== '/proc/1')
    .map((path) => `${path}/status`);
}

/** The owner and mode that folders have in the image, so that a tmpfs in their place has the same. */
async function folderModes(
  project: TrialProject,
  name: string,
  folders: readonly string[],
): Promise<Scratch[]> {
  const made: Scratch[] = [];
  for (const path of folders) {
    const text = await project.ask(name, ['stat', '-c', '%u %g %a', path]);
    const match = /^(\d+) (\d+) (\d+)$/.exec((text ?? '').trim());
    const [uid = '0', gid = '0', mode = '1777'] = match?.slice(1) ?? [];
    made.push({
      path,
      options: `noexec,nosuid,nodev,size=64m,mode=${mode.padStart(4, '0')},uid=${uid},gid=${gid}`,
    });
  }
  return made;
}

async function tryReadOnly(lab: Lab, candidates: readonly Scratch[]): Promise<void> {
  const owned = candidates.map(({ path, options }) => ({
    path,
    options: lab.grants.user === undefined ? options : ownedBy(options, lab.grants.user),
  }));
  const scratch = await lab.smallest(owned, (some) => ({ scratch: sorted(some) }));
  if (scratch) lab.grants = { ...lab.grants, scratch: sorted(scratch) };
  else lab.refute('read_only');
}

function sorted(scratch: readonly Scratch[]): Scratch[] {
  return [...scratch].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A folder that others may write to stays so; any other belongs to the service's user. */
function ownedBy(options: string, user: string): string {
  const match = /^(\d+)(?::(\d+))?$/.exec(user);
  if (!match || /mode=\d?[0-7]{2}7/.test(options)) return options;
  return options.replace(
    /mode=\d+,uid=\d+,gid=\d+/,
    `mode=0700,uid=${match[1] ?? '0'},gid=${match[2] ?? '0'}`,
  );
}

async function tryLimits(lab: Lab, project: TrialProject, name: string): Promise<void> {
  const facts = await project.container(name);
  if (!facts?.state.running) {
    // The last try broke it: start it again with what it has.
    if (!(await lab.holds({}, 'again with what it is left'))) return;
  }
  const now = await project.container(name);
  if (!now) return;
  const stats = await project.engine.stats(now.id);
  if (now.host.memory <= 0) await lab.keep('mem_limit', { memory: memoryLimit(stats.memory) });
  if (now.host.pidsLimit <= 0) await lab.keep('pids_limit', { pids: pidsLimit(stats.pids) });
}

/** Takes each thing alone from a service that it was left with; all must break it. */
async function proveMinimal(lab: Lab): Promise<void> {
  const { capabilities = [], scratch = [] } = lab.grants;
  const needless = { capabilities: new Set<string>(), scratch: new Set<Scratch>() };
  for (const one of capabilities) {
    const less = capabilities.filter((other) => other !== one);
    if (await lab.holds({ capabilities: less }, `one less: without ${one}`)) {
      needless.capabilities.add(one);
    }
  }
  for (const one of scratch) {
    const less = scratch.filter((other) => other !== one);
    if (await lab.holds({ scratch: less }, `one less: ${one.path} read-only`))
      needless.scratch.add(one);
  }
  // What was needed before other privileges went may be needed no more; only one of them goes at a
  // time, so that no two that stand in for each other go together.
  const [capability] = needless.capabilities;
  const [folder] = needless.scratch;
  if (capability !== undefined) {
    lab.grants = { ...lab.grants, capabilities: capabilities.filter((one) => one !== capability) };
    await proveMinimal(lab);
  } else if (folder !== undefined) {
    lab.grants = { ...lab.grants, scratch: scratch.filter((one) => one !== folder) };
    await proveMinimal(lab);
  } else await lab.holds({}, `left with ${grantsInWords(lab.grants)}`);
}
