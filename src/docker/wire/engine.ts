import * as z from 'zod';
import type { EngineInfo, EngineVersion } from '../facts.ts';
import { text, amount, flag, texts, listOf } from './forms.ts';

const versionSchema = z.object({
  Version: z.string(),
  ApiVersion: z.string(),
  MinAPIVersion: text,
  Os: text,
  Arch: text,
  KernelVersion: text,
});

/** `GET /version`. */
export function readVersion(answer: unknown): EngineVersion {
  const version = versionSchema.parse(answer);
  return {
    version: version.Version,
    apiVersion: version.ApiVersion,
    minApiVersion: version.MinAPIVersion,
    os: version.Os,
    architecture: version.Arch,
    kernel: version.KernelVersion,
  };
}

const infoSchema = z.object({
  ServerVersion: text,
  Name: text,
  OperatingSystem: text,
  NCPU: amount,
  MemTotal: amount,
  Driver: text,
  DockerRootDir: text,
  CgroupDriver: text,
  CgroupVersion: text,
  SecurityOptions: texts,
  LiveRestoreEnabled: flag,
  LoggingDriver: text,
  // Since API 1.49: https://docs.docker.com/reference/api/engine/version-history/
  FirewallBackend: z.object({ Driver: text }).nullish(),
  DefaultAddressPools: listOf(z.object({ Base: z.string(), Size: z.number() })),
  SystemTime: text,
  Warnings: texts,
  Swarm: z.object({ LocalNodeState: text }).nullish(),
});

/** `GET /info`. */
export function readInfo(answer: unknown): EngineInfo {
  const info = infoSchema.parse(answer);
  // Each option is a list such as `name=seccomp,profile=builtin`.
  const options = info.SecurityOptions.map(
    (option) => new Map(option.split(',').map((pair) => pair.split('=') as [string, string])),
  );
  const seccomp = options.find((option) => option.get('name') === 'seccomp');
  return {
    version: info.ServerVersion,
    hostname: info.Name,
    operatingSystem: info.OperatingSystem,
    cpus: info.NCPU,
    memory: info.MemTotal,
    storageDriver: info.Driver,
    dataRoot: info.DockerRootDir,
    cgroupDriver: info.CgroupDriver,
    cgroupVersion: info.CgroupVersion,
    security: options.flatMap((option) => option.get('name') ?? []),
    seccompProfile: seccomp ? (seccomp.get('profile') ?? 'default') : null,
    liveRestore: info.LiveRestoreEnabled,
    loggingDriver: info.LoggingDriver,
    firewall: info.FirewallBackend?.Driver ?? '',
    addressPools: info.DefaultAddressPools.map(({ Base, Size }) => ({ base: Base, size: Size })),
    systemTime: info.SystemTime,
    warnings: info.Warnings,
    swarm: info.Swarm?.LocalNodeState ?? '',
  };
}
