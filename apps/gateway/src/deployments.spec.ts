import { LIMITS } from '@fermata/contracts';
import { memoryLog } from '@fermata/log';
import { definitionOf, look } from '@fermata/testing';
import { deploy, nameOfDeployment } from './deployments';

describe('a deployment', () => {
  it('is refused when its tenant has as many versions as are kept, another tenant’s is not', async () => {
    const log = memoryLog(1);
    const definition = definitionOf({ a: look() });
    await deploy(log, 'acme', definition);
    for (let index = 1; index < LIMITS.definitionsPerTenantMax; index++) {
      const name = nameOfDeployment('acme', { name: 'flow', version: `0.0.${index}` });
      await log.putLatest(name, 'hash');
    }
    const next = { ...definition, workflow: { ...definition.workflow, version: '2.0.0' } };
    await expect(deploy(log, 'acme', next)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringMatching(/definitionsPerTenantMax/),
    });
    await expect(deploy(log, 'acme', definition)).resolves.toMatchObject({ version: '1.0.0' });
    await expect(deploy(log, 'bolt', next)).resolves.toMatchObject({ version: '2.0.0' });
  });
});
