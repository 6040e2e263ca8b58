package cost

import "github.com/rehydrate/rehydrate/internal/run"

// copyGBDay is a gigabyte of a restored copy for a day, as in S3 Standard.
const copyGBDay = 0.023 / 30

// restoring is what a request at a tier costs, and each gigabyte that it brings back.
// Bulk from GLACIER is free, and all but Expedited from Intelligent-Tiering.
// https://aws.amazon.com/s3/pricing/ (requests and data retrievals)
func restoring(t run.Tier, storageClass string) (request, gigabyte float64) {
	switch {
	case storageClass == run.DeepArchive && t == run.Bulk:
		return 0.025 / 1e3, 0.0025
	case storageClass == run.DeepArchive:
		return 0.10 / 1e3, 0.02
	case storageClass != run.Glacier && storageClass != run.IntelligentTiering:
		return 0, 0
	case t == run.Expedited:
		return 10 / 1e3, 0.03
	case storageClass == run.Glacier && t == run.Standard:
		return 0.05 / 1e3, 0.01
	}
	return 0, 0
}

// Restore is what it costs in US dollars to restore objects of so many bytes at a
// tier, with copies that stay for so many days. What is in Intelligent-Tiering comes
// back for good, at the price of its own tier.
func Restore(t run.Tier, storageClass string, objects, bytes int64, days int) float64 {
	request, gb := restoring(t, storageClass)
	if storageClass == run.Glacier || storageClass == run.DeepArchive {
		gb += copyGBDay * float64(days)
	}
	return float64(objects)*request + float64(bytes)/gigabyte*gb
}
