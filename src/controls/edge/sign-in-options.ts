import { viewOf, type ServiceView } from '../compose/stack-view.ts';
import type { StaticModel, StaticResult } from '../control.ts';

/** An option of oauth2-proxy with the places of its values. */
export interface SignInOption {
  values: readonly string[];
  location: readonly string[];
}

/** An oauth2-proxy of a document with its options. */
export interface SignInProxy {
  view: ServiceView;
  /** By the name of the flag with `_`, without the plural's s: `email_domain`. */
  options: ReadonlyMap<string, SignInOption>;
  /** True where a file has more of them. */
  hasFile: boolean;
}

const cache = new WeakMap<StaticModel, readonly SignInProxy[]>();

/**
 * Every oauth2-proxy, by its flags and variables. Jacker's own is left out: it has a file, which
 * CRIT-004 and CRIT-005 read.
 * https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview/
 */
export function signInProxies(model: StaticModel): readonly SignInProxy[] {
  const known = cache.get(model);
  if (known) return known;
  const found = model.project
    ? []
    : viewOf(model)
        .services.filter((view) => view.program === 'oauth2-proxy')
        .map((view) => {
          const options = optionsOf(view);
          const hasFile = ['config', 'alpha_config'].some((name) => options.has(name));
          return { view, options, hasFile };
        });
  cache.set(model, found);
  return found;
}

/** The values of an option; a flag counts before a variable. */
export function valuesOf(proxy: SignInProxy, name: string): readonly string[] {
  return proxy.options.get(name)?.values ?? [];
}

/** True for `true` and the like; undefined where the option is not set. */
export function isSet(proxy: SignInProxy, name: string): boolean | undefined {
  const value = valuesOf(proxy, name).at(-1);
  return value === undefined ? undefined : !/^(false|0|f|no)$/i.test(value);
}

/** One result for a proxy: its faults one by one, or that there is none. */
export function judgeProxy(
  proxy: SignInProxy,
  expected: string,
  faults: readonly { option: string; seen: string }[],
  whole: { status: 'pass' | 'unknown' | 'not-applicable'; seen: string },
): StaticResult[] {
  const subject = proxy.view.name;
  if (faults.length === 0) {
    return [{ subject, ...whole, expected, location: ['services', subject] }];
  }
  return faults.map(({ option, seen }) => ({
    subject,
    status: 'fail',
    expected,
    seen,
    location: proxy.options.get(option)?.location ?? ['services', subject],
  }));
}

function optionsOf(view: ServiceView): Map<string, SignInOption> {
  const options = new Map<string, SignInOption>();
  for (const [key, value] of view.environment) {
    const name = /^OAUTH2_PROXY_(\w+)$/.exec(key)?.[1];
    if (name === undefined || value === '') continue;
    const location = ['services', view.name, 'environment', key];
    options.set(canonical(name), { values: value.split(',').map(trimmed), location });
  }
  const isList = Array.isArray(view.service.command);
  const flags = new Map<string, { values: string[]; location: readonly string[] }>();
  const words = view.command;
  words.forEach((word, index) => {
    const [, name, given] = /^--?([a-z][a-z0-9-]*)(?:=(.*))?$/i.exec(word) ?? [];
    if (name === undefined) return;
    const next = words[index + 1];
    const value = given ?? (next === undefined || next.startsWith('-') ? 'true' : next);
    const location = ['services', view.name, 'command', ...(isList ? [String(index)] : [])];
    const known = flags.get(canonical(name));
    if (known) known.values.push(...value.split(',').map(trimmed));
    else flags.set(canonical(name), { values: value.split(',').map(trimmed), location });
  });
  for (const [name, option] of flags) options.set(name, option);
  return options;
}

function canonical(name: string): string {
  return name
    .toLowerCase()
    .replaceAll('-', '_')
    .replace(/(domain|route|regex|group|role|user|ip|url)(e?s)$/, '$1');
}

function trimmed(text: string): string {
  return text.trim().replace(/^["'[]+|["'\]]+$/g, '');
}
