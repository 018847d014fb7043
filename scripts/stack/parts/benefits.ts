import { join } from 'node:path';
import { localUrl, portOf, type StackPart } from './part.ts';

/** The benefits function, on what stands in for AWS. */
export const benefits: StackPart = {
  name: 'benefits',
  ports: [
    { name: 'LAMBDA', usual: 7441, whose: 'the Lambda endpoint' },
    { name: 'DYNAMODB', usual: 7442, whose: 'DynamoDB' },
  ],
  // Nobody checks them; no real ones are to go to what only stands in.
  environment: {
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: 'ap-northeast-2',
  },
  processes: (settings) => [
    {
      name: 'dynamodb',
      args: [
        'scripts/local-aws/dynamodb.ts',
        ...['--port', String(portOf(settings, 'DYNAMODB'))],
        ...['--path', join(settings.dataDir, 'databases', 'dynamodb')],
      ],
      env: {},
    },
    {
      name: 'benefits',
      args: [
        'scripts/local-aws/lambda.ts',
        ...['--port', String(portOf(settings, 'LAMBDA')), '--first', 'extracted/bm/create-table.ts'],
        'benefits=extracted/bm/lambda.ts',
      ],
      env: { BM_DYNAMODB_ENDPOINT: localUrl(settings, 'DYNAMODB') },
    },
  ],
  places: (settings) => ({
    benefits: `Lambda at ${localUrl(settings, 'LAMBDA')}`,
    dynamodb: localUrl(settings, 'DYNAMODB'),
  }),
};
