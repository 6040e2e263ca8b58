package main

import (
	"encoding/json"

	"github.com/aws/constructs-go/constructs/v10"

	"github.com/rehydrate/rehydrate/cdk/settings"
)

// outputPolicies puts out what the owner of an archive that exists may have to add,
// ready to paste: statements for the policy of a bucket that belongs to another
// account or restricts who reads it, and for that of its key.
func outputPolicies(scope constructs.Construct, s settings.Settings, a archive, roles []role) error {
	if s.Archive.New {
		return nil
	}
	var readers []string
	for _, r := range roles {
		if r.name == "list" || r.name == "index" || r.name == "restore" && s.ArchiveRestore {
			readers = append(readers, *r.iam.RoleArn())
		}
	}
	who := map[string]any{"AWS": readers}
	var prefixes []string
	for _, static := range s.StaticPrefixes() {
		prefixes = append(prefixes, static+"*")
	}
	statements := []map[string]any{
		{
			"Sid": "RehydrateLists", "Effect": "Allow", "Principal": who, "Action": "s3:ListBucket", "Resource": a.arn,
			// As in the roles' own policies: a read has no prefix.
			"Condition": map[string]any{"StringLikeIfExists": map[string]any{"s3:prefix": prefixes}},
		},
		{"Sid": "RehydrateReads", "Effect": "Allow", "Principal": who, "Action": "s3:GetObject", "Resource": a.keys},
	}
	if s.ArchiveRestore {
		statements = append(statements, map[string]any{
			"Sid": "RehydrateRestores", "Effect": "Allow", "Principal": who, "Action": "s3:RestoreObject", "Resource": a.keys,
		})
	}
	bucket, err := statementsText(statements...)
	if err != nil {
		return err
	}
	output(scope, "ArchiveBucketPolicy", "Statements for the policy of a bucket of another account, or of one that restricts who reads it", bucket)
	if s.Archive.Key == "" {
		return nil
	}
	key, err := statementsText(map[string]any{
		"Sid": "RehydrateDecrypts", "Effect": "Allow", "Principal": who, "Action": "kms:Decrypt", "Resource": "*",
		"Condition": map[string]any{"StringLike": map[string]any{"kms:ViaService": "s3.*.amazonaws.com"}},
	})
	if err != nil {
		return err
	}
	output(scope, "ArchiveKeyPolicy", "Statement for the policy of the archive's key, where that does not leave it to IAM", key)
	return nil
}

// statementsText is statements as they stand between the brackets of a policy.
func statementsText(statements ...map[string]any) (string, error) {
	b, err := json.Marshal(statements)
	if err != nil {
		return "", err
	}
	return string(b[1 : len(b)-1]), nil
}
