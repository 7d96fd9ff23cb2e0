import { CredentialProof, Standing } from '@assay/access-reads';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { GroupMemberEntity } from './groups/group-member.entity.js';
import { GroupStore } from './groups/group.store.js';
import { GroupsController } from './groups/groups.controller.js';
import { GroupsService } from './groups/groups.service.js';
import { ModelGrantEntity } from './model-grants/model-grant.entity.js';
import { ModelGrantStore } from './model-grants/model-grant.store.js';
import { ModelGrantsController } from './model-grants/model-grants.controller.js';
import { ModelGrantsService } from './model-grants/model-grants.service.js';
import { AdmitPerson } from './oidc/admit-person.js';
import { ApplyClaims } from './oidc/apply-claims.js';
import { FinishSignIn } from './oidc/finish-sign-in.js';
import { OidcClient } from './oidc/oidc-client.js';
import { OidcController } from './oidc/oidc.controller.js';
import { ExternalIdentityEntity, OidcAttemptEntity, OidcCodeEntity, SigningProofEntity } from './oidc/oidc.entity.js';
import { OidcStore } from './oidc/oidc.store.js';
import { RedeemCode } from './oidc/redeem-code.js';
import { StartSignIn } from './oidc/start-sign-in.js';
import { ChangeOwnPassword } from './people/change-own-password.js';
import { EndAccess } from './people/end-access.js';
import { MlflowUsersController } from './people/mlflow-users.controller.js';
import { MlflowUsersService } from './people/mlflow-users.service.js';
import { PeopleController } from './people/people.controller.js';
import { PeopleService } from './people/people.service.js';
import { MembershipEntity, PersonEntity, WorkspaceEntity } from './people/person.entity.js';
import { PersonStore } from './people/person.store.js';
import { UpdatePerson } from './people/update-person.js';
import { ServiceAccountEntity } from './service-accounts/service-account.entity.js';
import { ServiceAccountStore } from './service-accounts/service-account.store.js';
import { ServiceAccountsController } from './service-accounts/service-accounts.controller.js';
import { ServiceAccountsService } from './service-accounts/service-accounts.service.js';
import { IssueSession } from './sessions/issue-session.js';
import { OpenSession } from './sessions/open-session.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { CompleteSetUp } from './set-up/complete-set-up.js';
import { SetUpController } from './set-up/set-up.controller.js';
import { SetUpEntity } from './set-up/set-up.entity.js';
import { SetUpStore } from './set-up/set-up.store.js';
import { SetUp } from './set-up/set-up.js';
import { IssueToken } from './tokens/issue-token.js';
import { TokenEntity } from './tokens/token.entity.js';
import { TokenUseEntity } from './tokens/token-use.entity.js';
import { TokenStore } from './tokens/token.store.js';
import { TokensController } from './tokens/tokens.controller.js';
import { TokensService } from './tokens/tokens.service.js';
import { WorkspaceStore } from './workspaces/workspace.store.js';
import { WorkspacesController } from './workspaces/workspaces.controller.js';
import { WorkspacesService } from './workspaces/workspaces.service.js';

/** The tables of the `access` schema. */
export const accessEntities = [
  WorkspaceEntity,
  PersonEntity,
  MembershipEntity,
  GroupMemberEntity,
  ModelGrantEntity,
  ServiceAccountEntity,
  TokenEntity,
  TokenUseEntity,
  ExternalIdentityEntity,
  OidcAttemptEntity,
  OidcCodeEntity,
  SigningProofEntity,
  SetUpEntity,
];

@Module({
  imports: [TypeOrmModule.forFeature(accessEntities, 'registry')],
  controllers: [
    PeopleController,
    MlflowUsersController,
    GroupsController,
    WorkspacesController,
    ModelGrantsController,
    ServiceAccountsController,
    TokensController,
    SessionsController,
    OidcController,
    SetUpController,
  ],
  providers: [
    PersonStore,
    GroupStore,
    GroupsService,
    WorkspaceStore,
    WorkspacesService,
    ModelGrantStore,
    ModelGrantsService,
    ServiceAccountStore,
    ServiceAccountsService,
    TokenStore,
    SetUpStore,
    IssueToken,
    PeopleService,
    EndAccess,
    UpdatePerson,
    ChangeOwnPassword,
    MlflowUsersService,
    CredentialProof,
    Standing,
    TokensService,
    IssueSession,
    OpenSession,
    OidcClient,
    OidcStore,
    ApplyClaims,
    AdmitPerson,
    StartSignIn,
    FinishSignIn,
    RedeemCode,
    SetUp,
    CompleteSetUp,
  ],
  exports: [SetUp],
})
export class AccessModule {}
