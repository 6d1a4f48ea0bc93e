import { describe, expect, it } from 'vitest';
import { planRelease, withVersion } from './plan-release.ts';

const changelog = `# Changelog

## [Unreleased]

### Added

- A thing.

## [0.1.0] - 2026-11-01

- The first one.
`;

describe('planRelease', () => {
  it.each([
    ['patch', '0.1.1'],
    ['minor', '0.2.0'],
    ['major', '1.0.0'],
    ['0.3.0', '0.3.0'],
  ])('%s after 0.1.0 is %s', (step, version) => {
    expect(planRelease('0.1.0', step, changelog, '2026-11-27').version).toBe(version);
  });

  it('puts what is unreleased under the new version', () => {
    const plan = planRelease('0.1.0', 'minor', changelog, '2026-11-27');
    expect(plan.notes).toBe('### Added\n\n- A thing.');
    expect(plan.changelog).toBe(changelog.replace('## [Unreleased]\n', '## [Unreleased]\n\n## [0.2.0] - 2026-11-27\n'));
  });

  it('refuses a version that is no step forward, and what is no version', () => {
    for (const step of ['0.1.0', '0.0.9']) {
      expect(() => planRelease('0.1.0', step, changelog, '')).toThrow(`${step} is not above 0.1.0`);
    }
    expect(() => planRelease('0.1.0', 'huge', changelog, '')).toThrow('not "huge"');
  });

  it('refuses a release in which nothing is new', () => {
    const empty = changelog.replace('### Added\n\n- A thing.\n\n', '');
    expect(() => planRelease('0.1.0', 'patch', empty, '')).toThrow('nothing to release');
  });
});

it('a new version is all that changes in a package.json', () => {
  const manifest = '{\n  "name": "a",\n  "version": "0.1.0",\n  "config": { "version": "7" }\n}\n';
  expect(withVersion(manifest, '0.2.0')).toBe(manifest.replace('"0.1.0"', '"0.2.0"'));
});
