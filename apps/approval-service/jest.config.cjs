module.exports = { preset: '../../jest.preset.cjs', displayName: 'approval-service' };
