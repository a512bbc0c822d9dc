import type { ErrorLocation } from '../error.ts';

/** The form of a setting's value. */
export type SettingType =
  | 'string'
  | 'text'
  | 'integer'
  | 'boolean'
  | 'enum'
  | 'list'
  | 'domain'
  | 'port'
  | 'address'
  | 'cidr-list'
  | 'duration'
  | 'size'
  | 'email'
  | 'email-list'
  | 'url'
  | 'image'
  | 'registry'
  | 'timezone';

/** A setting's typed value: lists are arrays of trimmed, non-empty strings. */
export type SettingValue = string | number | boolean | readonly string[];

/** One `.env` variable, as its owner (the core or a service's manifest) declares it. */
export interface SettingDefinition {
  /** Upper-case name, for example `HTTPS_PORT`. */
  key: string;
  type: SettingType;
  /** One or two sentences for people: what it does, when to change it. */
  help: string;
  /** The value where the `.env` is silent, in `.env` notation. Absent: empty, or required. */
  default?: string | undefined;
  /** An empty value is refused; a map limits that to settings with one of the given values. */
  required?: boolean | Readonly<Record<string, readonly string[]>> | undefined;
  /** The allowed values of an `enum`. */
  values?: readonly string[] | undefined;
  /** Bounds of an `integer` (inclusive). */
  min?: number | undefined;
  max?: number | undefined;
  /** A regular expression that the whole of a `string` must match. */
  pattern?: string | undefined;
  /** An example for the documentation. */
  example?: string | undefined;
  /** Heading in `.env.defaults` and the docs. */
  group?: string | undefined;
  /** The build has checked it: no program start has to do it again. */
  checked?: boolean | undefined;
  /** Where it, or one of its keys, is declared; absent for what no file declares. */
  at?: ((key?: string) => ErrorLocation) | undefined;
}

/** Where a value came from. */
export type SettingSource = 'env-file' | 'default';

/** The validated settings of a project. */
export interface Settings {
  /** Every known key; an unset optional one is absent. */
  values: Readonly<Record<string, SettingValue>>;
  sources: Readonly<Record<string, SettingSource>>;
}

/** The text of a setting, or '' where it is unset. Throws on a key that is not a text setting. */
export function textOf(settings: Settings, key: string): string {
  const value = settings.values[key];
  if (value === undefined) return '';
  if (typeof value !== 'string') throw new TypeError(`${key} is not a text setting`);
  return value;
}

/** The number of an integer or port setting. */
export function numberOf(settings: Settings, key: string): number {
  const value = settings.values[key];
  if (typeof value !== 'number') throw new TypeError(`${key} is not a number setting`);
  return value;
}

/** The truth of a boolean setting. */
export function flagOf(settings: Settings, key: string): boolean {
  const value = settings.values[key];
  if (typeof value !== 'boolean') throw new TypeError(`${key} is not a boolean setting`);
  return value;
}

/** The entries of a list setting; empty where it is unset. */
export function listOf(settings: Settings, key: string): readonly string[] {
  const value = settings.values[key];
  if (value === undefined) return [];
  if (typeof value !== 'object') throw new TypeError(`${key} is not a list setting`);
  return value;
}
