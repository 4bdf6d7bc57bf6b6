#pragma once
#include <plexus/sdk/registry.hpp>

namespace plexus {

// The framework's own metrics of label maps, each over the labels of DataInfo but the first, one Measurement a label:
//   dice jaccard sensitivity precision specificity accuracy   shares
//   cldice                                                    of the centrelines of planes
//   volume volume_difference                                  ml or voxels, prediction; (prediction - truth)
//   hd hd95 asd assd                                          mm or voxels, between borders
//
// Options
//   rule   hd95: max-of-directions (default), pooled (MedPy). assd: mean-of-directions (default, MedPy), pooled.
//          asd: prediction-to-truth (default, MedPy), truth-to-prediction. volume_difference: absolute, relative.
//   unit   mm (default; voxels where the data store no spacing) or voxels
//   empty  what a case counts where a mask is empty, so that the plain formula or a surface does not exist:
//            nan (default)        not defined: reported, counted, left out of means
//            nnunet               as nan; masks that fill the grid have no surface distance either
//            one                  both empty is right: shares 1, distances 0; else shares 0, distances not defined
//            diffrect-validation  0 for everything
//            diffrect-test        shares 0, hd and hd95 50, asd and assd 10
//            genericssl           both empty: shares 1, distances 0; one empty: shares 0, distances 128
//                                 (their shares are percentages, in which that 1 is 1 %)
//   preset medpy, nnunet, diffrect-validation, diffrect-test, genericssl: all of the above as the authors have them
void register_metrics(Kind<Metric, const DataInfo&>& metrics);
void register_overlap_metrics(Kind<Metric, const DataInfo&>& metrics);  // those of the first three lines
void register_surface_metrics(Kind<Metric, const DataInfo&>& metrics);  // those of the last

// scalar: a number of each case, Prediction::values, against a field of the sample with one element. Of a case:
// VALUE_absolute_error, _predicted, _true; over all cases VALUE_mae, _rmse, _bias, _pearson, and with `detect` _auc, _f1,
// _accuracy, _sensitivity, _specificity of "at least `threshold`". Cases without a true value are left out.
void register_scalar_metrics(Kind<Metric, const DataInfo&>& metrics);

}  // namespace plexus
