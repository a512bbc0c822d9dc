import * as z from 'zod';
import type { HealthcheckFacts } from '../facts.ts';

// The Engine API leaves out or nulls what is unset, and differs between versions in which of the
// two; every field here has a neutral value for both.
// https://docs.docker.com/reference/api/engine/
export const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
export const amount = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);
export const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);
export const texts = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);
export const textMap = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});
export const keys = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((value) => Object.keys(value ?? {}));
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .nullish()
    .transform((value) => value ?? []);
export const mapOf = <Item extends z.ZodType>(item: Item) =>
  z
    .record(z.string(), item)
    .nullish()
    .transform((value) => value ?? {});

export const healthcheck = z
  .object({
    Test: texts,
    Interval: amount,
    Timeout: amount,
    Retries: amount,
    StartPeriod: amount,
  })
  .nullish()
  .transform((value): HealthcheckFacts | null =>
    value && value.Test.length > 0
      ? {
          test: value.Test,
          interval: value.Interval,
          timeout: value.Timeout,
          retries: value.Retries,
          startPeriod: value.StartPeriod,
        }
      : null,
  );
